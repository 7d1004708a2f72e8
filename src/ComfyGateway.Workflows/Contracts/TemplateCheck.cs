using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Nodes;

namespace ComfyGateway.Workflows.Contracts;

/// <summary>Checks a template and its schema where neither a gateway nor a ComfyUI is at hand.</summary>
public static class TemplateCheck
{
    /// <summary>Everything that registration would refuse whatever nodes ComfyUI has; empty where there is nothing.</summary>
    public static IReadOnlyList<(string Path, string Message)> Problems(JsonElement graph, JsonElement? inputSchema, int maxNodes)
    {
        try
        {
            WorkflowCheck.Require(graph, inputSchema, new Dictionary<string, JsonElement>(), maxNodes, NodeKnowledge.None);
            return [];
        }
        catch (ProblemException refused)
        {
            return [.. refused.Errors.SelectMany(e => e.Value.Select(message => (e.Key, message)))];
        }
    }
}
