using System.Text.Json;
using ComfyGateway.Workflows.Nodes;

namespace ComfyGateway.Workflows;

/// <summary>A workflow as the API shows it: what was registered, as it was given.</summary>
internal sealed record WorkflowAnswer(
    string Id, string Name, string? Description, int Version, JsonElement WorkflowJson, JsonElement? InputSchema,
    IReadOnlyDictionary<string, JsonElement> DefaultParams, IReadOnlyList<string> Placeholders, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <param name="nodes">Of them come the types of inputs for which the author wrote no schema.</param>
    public static WorkflowAnswer From(Workflow workflow, NodeKnowledge nodes)
    {
        var prepared = PreparedWorkflow.From(workflow);
        return new WorkflowAnswer(
            workflow.WorkflowId, workflow.Name, workflow.Description, workflow.Version,
            prepared.Template.Graph, workflow.InputSchema?.Parse() ?? prepared.Schema(nodes).Written(), workflow.DefaultParams,
            [.. prepared.Template.Tokens.Select(t => t.Name)], workflow.CreatedAt, workflow.UpdatedAt);
    }
}
