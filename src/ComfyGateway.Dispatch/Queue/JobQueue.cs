using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Settings;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>Hands waiting jobs to slots: the highest priority first, owners in turn within it, first come first served within an owner.</summary>
internal sealed class JobQueue(NpgsqlDataSource database, QueueDepth depth, RunTimes runTimes, ProgressBoard progress, GatewaySettings settings) : IJobQueue
{
    private const string Claim = $"""
        update {QueueTable.Name} set slot = $1
        where job_id = (
            select job_id from {QueueTable.Name}
            where slot is null and not_before <= now()
            order by rank, turn, job_id limit 1
            for update skip locked)
        returning job_id
        """;

    private const string Held = $"select job_id from {QueueTable.Name} where slot = $1 order by rank, turn, job_id";

    private const string PositionOfOne = $"""
        select q.job_id, q.slot is not null,
            case when q.slot is null then (
                select count(*) from {QueueTable.Name} a
                where a.slot is null and (a.rank, a.turn, a.job_id) <= (q.rank, q.turn, q.job_id)) end
        from {QueueTable.Name} q where q.job_id = any($1)
        """;

    private const string PositionOfMany = $"""
        select job_id, running, position from (
            select job_id, slot is not null as running,
                case when slot is null then row_number() over (partition by slot is null order by rank, turn, job_id) end as position
            from {QueueTable.Name}) all_jobs
        where job_id = any($1)
        """;

    // Counting what stands before one job reads that part of an index; for many jobs one pass over the queue is cheaper.
    private const int Few = 3;

    /// <summary>Takes the next job for <paramref name="slot"/>, or null where none waits.</summary>
    public async Task<Guid?> TryClaim(Slot slot, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Claim);
        command.Parameters.Add(new() { Value = slot.ToString() });
        var claimed = (Guid?)await command.ExecuteScalarAsync(ct);
        if (claimed is not null)
        {
            depth.Remove(1);
        }

        return claimed;
    }

    /// <summary>The jobs that <paramref name="slot"/> had when its last runner ended.</summary>
    public async Task<IReadOnlyList<Guid>> HeldBy(Slot slot, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Held);
        command.Parameters.Add(new() { Value = slot.ToString() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var held = new List<Guid>();
        while (await reader.ReadAsync(ct))
        {
            held.Add(reader.GetGuid(0));
        }

        return held;
    }

    public ValueTask<TimeSpan?> FullFor(CancellationToken ct) =>
        ValueTask.FromResult(depth.Waiting < settings.MaxQueueDepth ? null : runTimes.UntilNext());

    public async Task<IReadOnlyDictionary<Guid, LiveJob>> Live(IReadOnlyCollection<Guid> jobIds, CancellationToken ct)
    {
        var live = new Dictionary<Guid, LiveJob>(jobIds.Count);
        if (jobIds.Count == 0)
        {
            return live;
        }

        await using var command = database.CreateCommand(jobIds.Count <= Few ? PositionOfOne : PositionOfMany);
        command.Parameters.Add(new() { Value = jobIds.ToArray() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            var jobId = reader.GetGuid(0);
            int? position = reader.IsDBNull(2) ? null : (int)reader.GetInt64(2);
            var run = progress.Find(jobId);
            live[jobId] = new LiveJob(position, runTimes.Eta(position, run?.StartedAt), run?.Percent ?? 0, run?.CurrentNode);
        }

        return live;
    }
}
