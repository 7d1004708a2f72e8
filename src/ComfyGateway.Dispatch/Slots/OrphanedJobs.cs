using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// Jobs of slots that are no longer in the pool would be nobody's. Where their backend is still there, such a slot is run on until it has none;
/// where it is gone, they are queued again, unless a runner of the slot is still at work, here or on another gateway.
/// </summary>
internal sealed partial class OrphanedJobs(
    NpgsqlDataSource database, BackendPool pool, SlotLocks locks, IJobLedger ledger, RetryPolicy retries, ILogger<OrphanedJobs> logger)
{
    private const string Find = $"select job_id, slot from {QueueTable.Name} where slot is not null and not slot = any($1)";

    /// <summary>The slots that are not among <paramref name="slots"/> and have jobs, of backends that are.</summary>
    public async Task<IEnumerable<Slot>> SlotsLeft(IReadOnlyCollection<Slot> slots, CancellationToken ct) =>
        (await Orphans(slots, ct)).Keys.Where(left => slots.Any(s => s.Backend == left.Backend));

    /// <summary>At any time: a gateway can die while it follows what ran on a backend that was removed meanwhile.</summary>
    public async Task QueueAgain(IReadOnlyCollection<Slot> slots, CancellationToken ct)
    {
        foreach (var (slot, jobs) in (await Orphans(slots, ct)).Where(o => slots.All(s => s.Backend != o.Key.Backend)))
        {
            await using var unused = await locks.TryTakeLock(slot, ct);
            // A backend that was removed may have been added again since the slots were told: then its runner of now has the jobs.
            foreach (var jobId in unused is null || pool.Find(slot.Backend) is not null ? [] : jobs)
            {
                LogOrphan(logger, jobId, slot);
                await QueueAgain(jobId, slot.Backend, ct);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} was with slot {Slot}, whose backend is no longer there")]
    private static partial void LogOrphan(ILogger logger, Guid jobId, Slot slot);
}
