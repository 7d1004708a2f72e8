using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Settings;
using Marten;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>A job that a slot has, and the rank that it waited with.</summary>
internal sealed record ClaimedJob(Guid JobId, int Rank, Slot Slot);

/// <summary>Hands waiting jobs to slots: the highest priority first, owners in turn within it, first come first served within an owner.</summary>
internal sealed class JobQueue(NpgsqlDataSource database, QueueDepth depth, RunTimes runTimes, ProgressBoard progress, GatewaySettings settings) : IJobQueue
{
    // The claim itself need not wait for the disk: where PostgreSQL's crash forgets it, the submission makes it again, or fails.
    private const string WithoutWaiting = "select set_config('synchronous_commit', 'off', true)";

    private const string ClaimSome = $"""
        update {QueueTable.Name} q set slot = $1
        from (
            select job_id from {QueueTable.Name}
            where slot is null and not_before <= now()
            order by rank, turn, job_id limit $2
            for update skip locked) next
        where q.job_id = next.job_id
        returning q.job_id, q.rank, q.turn
        """;

    // Goes with the submission. Another slot may have claimed a job whose first claim was forgotten: the division by zero then undoes all.
    public const string KeepClaim = $"""
        with kept as (update {QueueTable.Name} set slot = ? where job_id = ? and (slot is null or slot = ?) returning job_id)
        select 1 / count(*) from kept
        """;

    /// <summary>Whether <see cref="KeepClaim"/> found that the job is not, or no longer, this slot's.</summary>
    public static bool IsClaimLost(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.DivisionByZero,
        { InnerException: { } inner } => IsClaimLost(inner),
        _ => false,
    };

    private const string Held = $"select job_id, rank from {QueueTable.Name} where slot = $1 order by rank, turn, job_id";

    private const string Canceled = $"select job_id from {QueueTable.Name} where slot = $1 and cancel";

    private const string HoldBack = $"select slot from {QueueTable.Name} where job_id = $1 for update";

    private const string NoteCancel = $"update {QueueTable.Name} set cancel = true where job_id = $1";

    private const string PositionOfOne = $"""
        select q.job_id, case when q.slot is null then (
            select count(*) from {QueueTable.Name} a
            where a.slot is null and (a.rank, a.turn, a.job_id) <= (q.rank, q.turn, q.job_id)) end
        from {QueueTable.Name} q where q.job_id = any($1)
        """;

    private const string PositionOfMany = $"""
        select job_id, position from (
            select job_id, case when slot is null then row_number() over (partition by slot is null order by rank, turn, job_id) end as position
            from {QueueTable.Name}) all_jobs
        where job_id = any($1)
        """;

    // Counting what stands before one job reads that part of an index; for many jobs one pass over the queue is cheaper.
    private const int Few = 3;

    private const int CountedUpTo = 1000;

    /// <summary>Takes up to <paramref name="limit"/> of the next jobs for <paramref name="slot"/>, in order.</summary>
    public async Task<IReadOnlyList<ClaimedJob>> Claim(Slot slot, int limit, CancellationToken ct)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(WithoutWaiting));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(ClaimSome) { Parameters = { new() { Value = slot.ToString() }, new() { Value = limit } } });
        await using var reader = await batch.ExecuteReaderAsync(ct);
        await reader.NextResultAsync(ct);
        var claimed = new List<(ClaimedJob Job, long Turn)>(limit);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add((new ClaimedJob(reader.GetGuid(0), reader.GetInt32(1), slot), reader.GetInt64(2)));
        }

        depth.Remove(claimed.Count);
        // An update returns its rows in no order.
        return [.. claimed.OrderBy(c => c.Job.Rank).ThenBy(c => c.Turn).Select(c => c.Job)];
    }

    /// <summary>The jobs that <paramref name="slot"/> had when its last runner ended.</summary>
    public Task<IReadOnlyList<ClaimedJob>> HeldBy(Slot slot, CancellationToken ct) =>
        OfSlot(Held, slot, row => new ClaimedJob(row.GetGuid(0), row.GetInt32(1), slot), ct);

    /// <summary>The jobs of <paramref name="slot"/> whose end somebody wants.</summary>
    public Task<IReadOnlyList<Guid>> CanceledOf(Slot slot, CancellationToken ct) => OfSlot(Canceled, slot, row => row.GetGuid(0), ct);

    private async Task<IReadOnlyList<T>> OfSlot<T>(string query, Slot slot, Func<NpgsqlDataReader, T> read, CancellationToken ct)
    {
        await using var command = database.CreateCommand(query);
        command.Parameters.Add(new() { Value = slot.ToString() });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<T>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public ValueTask<TimeSpan?> FullFor(CancellationToken ct) =>
        ValueTask.FromResult(depth.Waiting < settings.MaxQueueDepth ? null : runTimes.UntilNext());

    public LiveRun? Running(Guid jobId) => progress.Find(jobId)?.Now;

    public async Task<IReadOnlyDictionary<Guid, LiveJob>> Places(IReadOnlyCollection<Guid> jobIds, CancellationToken ct)
    {
        var waiting = (int)depth.Waiting;
        if (waiting > CountedUpTo)
        {
            // Behind a thousand others the exact place is of no use to anybody, and counting it would cost more than accepting the job.
            return jobIds.ToDictionary(id => id, _ => new LiveJob(waiting, runTimes.Eta(waiting, null), 0, null));
        }

        try
        {
            return await Live(jobIds, ct);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException)
        {
            return new Dictionary<Guid, LiveJob>();
        }
    }

    public async Task<bool> Withhold(IDocumentSession session, Guid jobId, CancellationToken ct)
    {
        await using var holdBack = new NpgsqlCommand(HoldBack) { Parameters = { new() { Value = jobId } } };
        await using (var reader = await session.ExecuteReaderAsync(holdBack, ct))
        {
            if (!await reader.ReadAsync(ct) || await reader.IsDBNullAsync(0, ct))
            {
                return true;
            }
        }

        await using var note = new NpgsqlCommand(NoteCancel) { Parameters = { new() { Value = jobId } } };
        await session.ExecuteAsync(note, ct);
        return false;
    }

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
            int? position = reader.IsDBNull(1) ? null : (int)reader.GetInt64(1);
            var run = progress.Find(jobId);
            live[jobId] = new LiveJob(position, runTimes.Eta(position, run?.StartedAt), run?.Now.Progress ?? 0, run?.Now.Node);
        }

        return live;
    }
}
