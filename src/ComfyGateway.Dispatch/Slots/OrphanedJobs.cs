using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// Jobs of slots that the settings no longer name would be nobody's. Where their backend is still there, its first slot takes them
/// up; where it is gone, they are queued again. A slot whose runner is still at work, here or on another gateway, is that runner's.
/// </summary>
internal sealed partial class OrphanedJobs(NpgsqlDataSource database, SlotLocks locks, IJobLedger ledger, RetryPolicy retries, ILogger<OrphanedJobs> logger)
{
    private const string Find = $"select job_id, slot from {QueueTable.Name} where slot is not null and not slot = any($1)";

    private const string InheritJobs = $"update {QueueTable.Name} set slot = $1 where job_id = any($2) and slot = $3";

    /// <summary>Before the runners of <paramref name="slots"/> begin, since these look only then for what they have.</summary>
    public async Task Adopt(IReadOnlyCollection<Slot> slots, CancellationToken ct)
    {
        var heirs = slots.DistinctBy(s => s.Backend).ToDictionary(s => s.Backend);
        await Take(slots, heirs.ContainsKey, Inherit, ct);

        async Task Inherit(Slot slot, List<Guid> jobs)
        {
            await using var adopt = database.CreateCommand(InheritJobs);
            adopt.Parameters.Add(new() { Value = heirs[slot.Backend].ToString() });
            adopt.Parameters.Add(new() { Value = jobs.ToArray() });
            adopt.Parameters.Add(new() { Value = slot.ToString() });
            await adopt.ExecuteNonQueryAsync(ct);
        }
    }

    /// <summary>At any time: a gateway can die while it follows what ran on a backend that was removed meanwhile.</summary>
    public Task QueueAgain(IReadOnlyCollection<Slot> slots, CancellationToken ct)
    {
        return Take(slots, backend => slots.All(s => s.Backend != backend), QueueAll, ct);

        async Task QueueAll(Slot slot, List<Guid> jobs)
        {
            foreach (var jobId in jobs)
            {
                await QueueAgain(jobId, slot.Backend, ct);
            }
        }
    }

    private async Task Take(IReadOnlyCollection<Slot> slots, Func<string, bool> isOfThese, Func<Slot, List<Guid>, Task> rescue, CancellationToken ct)
    {
        foreach (var (slot, jobs) in (await Orphans(slots, ct)).Where(o => isOfThese(o.Key.Backend)))
        {
            await using var unused = await locks.TryTakeLock(slot, ct);
            if (unused is not null)
            {
                jobs.ForEach(jobId => LogOrphan(logger, jobId, slot));
                await rescue(slot, jobs);
            }
        }
    }

    private async Task<Dictionary<Slot, List<Guid>>> Orphans(IReadOnlyCollection<Slot> slots, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new() { Value = slots.Select(s => s.ToString()).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var orphans = new List<(Guid JobId, Slot Slot)>();
        while (await reader.ReadAsync(ct))
        {
            orphans.Add((reader.GetGuid(0), Slot.Parse(reader.GetString(1))!));
        }

        return orphans.GroupBy(o => o.Slot, o => o.JobId).ToDictionary(g => g.Key, g => g.ToList());
    }

    private async Task QueueAgain(Guid jobId, string backend, CancellationToken ct)
    {
        Action<IStatements>? alongside = null;
        await ledger.Append(
            jobId,
            job =>
            {
                // Its runner may have been about to record an end.
                var (events, addition) = job.Backend is null || job.Backend == backend ? retries.Decide(job, RunFailure.Removed(backend)) : ([], null);
                alongside = addition;
                return events;
            },
            statements => alongside?.Invoke(statements),
            ct);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} was with slot {Slot}, which is no longer there")]
    private static partial void LogOrphan(ILogger logger, Guid jobId, Slot slot);
}
