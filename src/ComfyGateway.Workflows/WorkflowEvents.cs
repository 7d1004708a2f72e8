using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows;

/// <summary>A workflow id was taken into use, for the first time or again after a deletion.</summary>
public sealed record WorkflowRegistered(
    string WorkflowId, string Name, string? Description, JsonText WorkflowJson, JsonText? InputSchema,
    IReadOnlyDictionary<string, JsonElement> DefaultParams, DateTimeOffset At);

/// <summary>A new version: the members as they are from now on.</summary>
public sealed record WorkflowUpdated(
    string Name, string? Description, JsonText WorkflowJson, JsonText? InputSchema,
    IReadOnlyDictionary<string, JsonElement> DefaultParams, DateTimeOffset At);

/// <summary>The id is unknown from now on; jobs that were accepted before keep the version they have.</summary>
public sealed record WorkflowDeleted(DateTimeOffset At);
