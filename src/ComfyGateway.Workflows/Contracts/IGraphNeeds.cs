using System.Text.Json;

namespace ComfyGateway.Workflows.Contracts;

/// <summary>What a graph needs of the server that runs it.</summary>
public interface IGraphNeeds
{
    /// <summary>
    /// The node classes and models of a rendered graph that a backend does not have; empty where it has all, null where it has not told
    /// yet what it has.
    /// </summary>
    IReadOnlyList<MissingNeed>? Missing(JsonElement graph, string backend);
}

/// <summary>A node class or a model that a backend does not have.</summary>
/// <param name="NodeId">The node of the graph that needs it.</param>
/// <param name="NodeType">Its class.</param>
/// <param name="Message">A sentence for people, which begins with the place in the graph.</param>
public sealed record MissingNeed(string NodeId, string NodeType, string Message);
