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
/// up; where it is gone, they are queued again.
/// </summary>
internal sealed partial class OrphanedJobs(NpgsqlDataSource database, IJobLedger ledger, RetryPolicy retries, ILogger<OrphanedJobs> logger)
{
    private const string Find = $"select job_id, slot from {QueueTable.Name} where slot is not null and not slot = any($1)";

    private const string Adopt = $"update {QueueTable.Name} set slot = $1 where job_id = $2 and slot = $3";

    public async Task Rescue(IReadOnlyCollection<Slot> slots, CancellationToken ct)
    {
        foreach (var (jobId, held) in await Orphans(slots, ct))
        {
            var backend = held[..held.LastIndexOf('/')];
            LogOrphan(logger, jobId, held);
            if (slots.FirstOrDefault(s => s.Backend == backend) is { } heir)
            {
                await using var adopt = database.CreateCommand(Adopt);
                adopt.Parameters.Add(new() { Value = heir.ToString() });
                adopt.Parameters.Add(new() { Value = jobId });
                adopt.Parameters.Add(new() { Value = held });
                await adopt.ExecuteNonQueryAsync(ct);
            }
            else
            {
                await QueueAgain(jobId, backend, ct);
            }
        }
    }

    private async Task<List<(Guid JobId, string Slot)>> Orphans(IReadOnlyCollection<Slot> slots, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Find);
        command.Parameters.Add(new() { Value = slots.Select(s => s.ToString()).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var orphans = new List<(Guid, string)>();
        while (await reader.ReadAsync(ct))
        {
            orphans.Add((reader.GetGuid(0), reader.GetString(1)));
        }

        return orphans;
    }

    private async Task QueueAgain(Guid jobId, string backend, CancellationToken ct)
    {
        Action<IStatements>? alongside = null;
        await ledger.Append(
            jobId,
            job =>
            {
                // Another gateway that starts at the same time may have been first.
                var (events, addition) = job.Backend is null || job.Backend == backend ? retries.Decide(job, RunFailure.Removed(backend)) : ([], null);
                alongside = addition;
                return events;
            },
            statements => alongside?.Invoke(statements),
            ct);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} was with slot {Slot}, which is no longer there")]
    private static partial void LogOrphan(ILogger logger, Guid jobId, string slot);
}
