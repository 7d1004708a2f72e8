using System.Text.Json;

namespace ComfyGateway.Workflows.Contracts;

/// <summary>What other modules know of workflows.</summary>
public interface IWorkflowCatalog
{
    /// <summary>Checks a job's inputs against the current version and its limits, and fills in defaults and the seed.</summary>
    /// <exception cref="Platform.Problems.ProblemException">The workflow is unknown, or an input is not accepted.</exception>
    Task<ResolvedWorkflow> Resolve(string workflowId, JobInputs inputs, CancellationToken ct);

    /// <summary>The same for a graph that comes with the job.</summary>
    ResolvedWorkflow ResolveInline(JsonElement graph, JobInputs inputs);

    /// <summary>The graph as ComfyUI gets it, in UTF-8, for inputs that were resolved against this version.</summary>
    Task<ReadOnlyMemory<byte>> Render(string workflowId, int version, IReadOnlyDictionary<string, JsonElement> resolved, CancellationToken ct);

    /// <summary>The same for a graph that came with the job.</summary>
    ReadOnlyMemory<byte> RenderInline(JsonElement graph, IReadOnlyDictionary<string, JsonElement> resolved);

    /// <summary>All workflows that can be run now, by id.</summary>
    Task<IReadOnlyList<WorkflowSummary>> List(CancellationToken ct);
}

/// <summary>The values that a client sends for a job; <see cref="Inputs"/> win over <see cref="Params"/>.</summary>
public sealed record JobInputs(IReadOnlyDictionary<string, JsonElement> Inputs, IReadOnlyDictionary<string, JsonElement> Params);

/// <summary>A job's workflow and all its values, defaults and seed included.</summary>
/// <param name="Version">The version that the job keeps; 0 for an inline graph.</param>
/// <param name="Seed">0 … 2^64-1, or null where the workflow takes no seed.</param>
public sealed record ResolvedWorkflow(string? WorkflowId, int Version, IReadOnlyDictionary<string, JsonElement> Inputs, ulong? Seed)
{
    /// <summary>The checkpoints, or where there are none all models, that a backend must load for it; sorted.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The inputs that stand for files.</summary>
    public IReadOnlyList<ImageInput> Images { get; init; } = [];
}

/// <summary>A workflow in a list.</summary>
public sealed record WorkflowSummary(string Id, string Name, string? Description, int Version, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);
