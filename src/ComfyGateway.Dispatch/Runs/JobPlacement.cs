using System.Text.Json;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Workflows.Contracts;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Finds for a job a backend that has its node classes and models. Where none has, the job fails with what is missing.</summary>
internal sealed class JobPlacement(BackendPool pool, IGraphNeeds needs, IJobLedger ledger, PutBack putBack, TimeProvider clock)
{
    private const string LeaveToOthers = $"update {QueueTable.Name} set slot = null, unfit = ? where job_id = ?";

    // Files and custom nodes can be added while ComfyUI runs: before it is held against a backend that it lacks one, it is asked anew.
    internal static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    /// <summary>No other backend takes jobs now.</summary>
    public bool IsAlone(Backend backend) => pool.All.All(b => b == backend || !b.Takes(0));

    /// <summary>Whether a backend is known to have all that the graph needs.</summary>
    public bool Fits(JobGraph graph, string backend) => needs.Missing(graph.Parse(), backend) is { Count: 0 };

    /// <summary>
    /// What the backend lacks; empty where the graph can run there, as far as is known.
    /// </summary>
    public async ValueTask<IReadOnlyList<MissingNeed>> Missing(Backend backend, JsonElement graph, CancellationToken ct) =>
        needs.Missing(graph, backend.Id) is { Count: > 0 } ? await MissingNow(backend, graph, ct) : [];

    /// <summary>The same, also where the backend is believed to have all: it may have lost something, and refused the graph for that.</summary>
    public async ValueTask<IReadOnlyList<MissingNeed>> MissingNow(Backend backend, JsonElement graph, CancellationToken ct)
    {
        try
        {
            await backend.Probe.Inventory(Fresh, ct);
        }
        catch (ComfyUiException)
        {
            // It may have been given what it lacked: nothing is said of a backend that is away.
            return [];
        }

        return needs.Missing(graph, backend.Id) ?? [];
    }

    /// <summary>What it means that a backend refuses a prompt, or some of its nodes: that it lacks something, or else what it said itself.</summary>
    public async ValueTask<PromptEnd> Refusal(JobRun run, JobError said, CancellationToken ct) =>
        await MissingNow(run.Backend, run.Graph.Parse(), ct) is { Count: > 0 } missing ? new PromptEnd.Unfit(missing) : new PromptEnd.Failed(said);

    /// <summary>Leaves the job to the backends that may have what this one lacks, or ends it where there is none.</summary>
    public async Task PlaceElsewhere(Job job, int rank, Backend backend, JsonElement graph, IReadOnlyList<MissingNeed> missing, CancellationToken ct)
    {
        var lacking = new Dictionary<string, IReadOnlyList<MissingNeed>> { [backend.Id] = missing };
        foreach (var other in pool.All.Where(b => b != backend))
        {
            if (await Missing(other, graph, ct) is { Count: > 0 } lacks)
            {
                lacking[other.Id] = lacks;
            }
        }

        if (pool.All.All(b => lacking.ContainsKey(b.Id)))
        {
            await ledger.AppendToAttempt(job.Id, job.PromptId, j => j.Fail(RunFailure.NobodyHas(lacking), clock.GetUtcNow()), alongside: null, ct);
            return;
        }

        var reason = $"{backend.Id} does not have what it needs: {string.Join("; ", missing.Select(m => m.Message))}";
        await putBack.Return(job, rank, reason, statements => statements.Add(LeaveToOthers, lacking.Keys.ToArray(), job.Id), ct);
    }
}
