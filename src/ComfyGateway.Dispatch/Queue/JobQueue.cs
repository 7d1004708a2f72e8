using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Settings;
using Marten;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>The jobs that wait and run: where they stand, and who wants them to end.</summary>
internal sealed class JobQueue(NpgsqlDataSource database, QueueDepth depth, RunTimes runTimes, ProgressBoard progress, RemoteRuns elsewhere, RunPictures pictures,
    HandOffs handOffs, GatewaySettings settings) : IJobQueue
{
    private const string Held = $"select job_id, rank, model from {QueueTable.Name} where slot = $1 order by rank, turn, job_id";

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

    /// <summary>The jobs that <paramref name="slot"/> had when its last runner ended.</summary>
    public Task<IReadOnlyList<ClaimedJob>> HeldBy(Slot slot, CancellationToken ct) =>
        OfSlot(Held, slot, row => ClaimedJob.Read(row, slot), ct);

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

    public IHandOff HandOff(IReadOnlyList<JobQueued> jobs) => handOffs.Of(jobs);

    public ValueTask<TimeSpan?> FullFor(CancellationToken ct) =>
        ValueTask.FromResult(depth.Waiting < settings.MaxQueueDepth ? null : runTimes.UntilNext());

    public LiveRun? Running(Guid jobId) => progress.Find(jobId)?.Now ?? elsewhere.Find(jobId);

    public async ValueTask<LivePreview?> Preview(Guid jobId, CancellationToken ct) => progress.Find(jobId) is { } here
        ? here.Now.Preview
        : elsewhere.Find(jobId) is { Preview: not null } ? await pictures.Get(jobId, ct) : null;

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
            var run = Running(jobId);
            live[jobId] = new LiveJob(position, runTimes.Eta(position, progress.Find(jobId)?.StartedAt), run?.Progress ?? 0, run?.Node);
        }

        return live;
    }
}
