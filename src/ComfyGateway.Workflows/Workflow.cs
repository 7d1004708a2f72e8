using System.Text.Json;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows;

/// <summary>A template and what fills it, as of one version. The version is that of its event stream, so it never goes back.</summary>
public sealed record Workflow(
    Guid Id, string WorkflowId, string Name, string? Description, JsonText WorkflowJson, JsonText? InputSchema,
    IReadOnlyDictionary<string, JsonElement> DefaultParams, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, bool IsDeleted = false)
{
    public int Version { get; set; }

    public static Guid StreamOf(string workflowId) => StreamId.Of("workflow", workflowId);

    public static Workflow Create(WorkflowRegistered e) =>
        new(StreamOf(e.WorkflowId), e.WorkflowId, e.Name, e.Description, e.WorkflowJson, e.InputSchema, e.DefaultParams, e.At, e.At);

    public Workflow Apply(WorkflowRegistered e) => Create(e) with { Id = Id };

    public Workflow Apply(WorkflowUpdated e) => this with
    {
        Name = e.Name,
        Description = e.Description,
        WorkflowJson = e.WorkflowJson,
        InputSchema = e.InputSchema,
        DefaultParams = e.DefaultParams,
        UpdatedAt = e.At,
    };

    public Workflow Apply(WorkflowDeleted e) => this with { IsDeleted = true, UpdatedAt = e.At };
}
