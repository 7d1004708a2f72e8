using System.Text.Json;

namespace ComfyGateway.Workflows.Contracts;

/// <summary>What the ComfyUI servers say of their node classes. Implemented by the module that talks to them.</summary>
public interface INodeCatalogs
{
    /// <summary>Every backend of the settings, in their order.</summary>
    IReadOnlyList<BackendNodes> All { get; }
}

/// <summary>The node classes of one backend.</summary>
/// <param name="Reachable">Whether it answers now.</param>
/// <param name="Classes">By class_type, as it told them when it last came up; empty before its first answer.</param>
public sealed record BackendNodes(string Backend, bool Reachable, IReadOnlyDictionary<string, BackendNode> Classes);

/// <summary>A node class.</summary>
/// <param name="Inputs">Required and optional ones, without hidden ones.</param>
/// <param name="Outputs">Types such as IMAGE, in order of the slots.</param>
/// <param name="IsOutput">Its nodes are what ComfyUI runs a graph for.</param>
public sealed record BackendNode(IReadOnlyList<BackendNodeInput> Inputs, IReadOnlyList<string> Outputs, bool IsOutput);

/// <summary>An input of a node class.</summary>
/// <param name="Type">INT, FLOAT, STRING, BOOLEAN, COMBO, or a type that only a link can supply, such as MODEL; * for any.</param>
/// <param name="Options">The choices of a COMBO; empty for other types, and for a COMBO that does not tell them.</param>
/// <param name="Default">What ComfyUI's editor fills in.</param>
/// <param name="TakesUploads">The value names a file that may be uploaded later, so its choices are not all there are.</param>
public sealed record BackendNodeInput(
    string Name, string Type, bool Required, IReadOnlyList<JsonElement> Options, JsonElement? Default, decimal? Min, decimal? Max, bool TakesUploads);
