using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Nodes;
using Marten;
using Microsoft.Extensions.Caching.Memory;

namespace ComfyGateway.Workflows;

/// <summary>Versions never change, so each is parsed once and kept; which one is current is asked each time.</summary>
internal sealed class WorkflowCatalog(IDocumentStore store, CurrentVersions versions, INodeCatalogs catalogs, GatewaySettings settings)
    : IWorkflowCatalog, IDisposable
{
    private const int MaxPrepared = 500;

    private readonly MemoryCache _prepared = new(new MemoryCacheOptions { SizeLimit = MaxPrepared });
    private readonly GraphLimits _limits = new(settings);

    public async Task<ResolvedWorkflow> Resolve(string workflowId, JobInputs inputs, CancellationToken ct)
    {
        var workflow = await Current(workflowId, ct);
        return workflow.Resolve(inputs, _limits, workflow.FollowsNodes ? new NodeKnowledge(catalogs.All) : NodeKnowledge.None);
    }

    public ResolvedWorkflow ResolveInline(JsonElement graph, JobInputs inputs)
    {
        var problems = GraphCheck.Problems(graph, "workflow", settings.MaxWorkflowNodes);
        return problems.Count > 0
            ? throw ProblemException.Invalid(problems)
            : PreparedWorkflow.Inline(graph).Resolve(inputs, _limits, new NodeKnowledge(catalogs.All));
    }

    public async Task<ReadOnlyMemory<byte>> Render(
        string workflowId, int version, IReadOnlyDictionary<string, JsonElement> resolved, CancellationToken ct)
    {
        var workflow = await Prepare(workflowId, version, ct);
        return workflow.Template.Render(resolved);
    }

    public ReadOnlyMemory<byte> RenderInline(JsonElement graph, IReadOnlyDictionary<string, JsonElement> resolved) =>
        PreparedWorkflow.Inline(graph).Template.Render(resolved);

    public async Task<IReadOnlyList<WorkflowSummary>> List(CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return await session.Query<Workflow>()
            .Where(w => !w.IsDeleted)
            .OrderBy(w => w.WorkflowId)
            .Select(w => new WorkflowSummary(w.WorkflowId, w.Name, w.Description, w.Version, w.CreatedAt, w.UpdatedAt))
            .ToListAsync(ct);
    }

    /// <summary>The version that a job would get now.</summary>
    /// <exception cref="ProblemException">The workflow is unknown.</exception>
    public async Task<PreparedWorkflow> Current(string workflowId, CancellationToken ct)
    {
        var version = await versions.Of(workflowId, ct) ?? throw WorkflowProblems.NotFound(workflowId);
        return await Prepare(workflowId, version, ct);
    }

    public void Dispose() => _prepared.Dispose();

    private async Task<PreparedWorkflow> Prepare(string workflowId, int version, CancellationToken ct)
    {
        if (_prepared.TryGetValue((workflowId, version), out PreparedWorkflow? known))
        {
            return known!;
        }

        await using var session = store.QuerySession();
        var workflow = await session.Events.AggregateStreamAsync<Workflow>(Workflow.StreamOf(workflowId), version, token: ct)
            ?? throw WorkflowProblems.NotFound(workflowId);
        return _prepared.Set((workflowId, version), PreparedWorkflow.From(workflow), new MemoryCacheEntryOptions { Size = 1 });
    }
}
