using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using Marten;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>The jobs that wait and run: where they stand, and who wants them to end.</summary>
internal sealed class JobQueue(
    NpgsqlDataSource database, QueueDepth depth, QueueLine line, WaitEstimates estimates, ProgressBoard progress, RemoteRuns elsewhere, RunPictures pictures,
    HandOffs handOffs, GatewaySettings settings) : IJobQueue
{
    private const string Held = $"select job_id, rank, model from {QueueTable.Name} where slot = $1 order by rank, turn, job_id";

    private const string Canceled = $"select job_id from {QueueTable.Name} where slot = $1 and cancel";

    private const string HoldBack = $"select slot from {QueueTable.Name} where job_id = $1 for update";

    private const string NoteCancel = $"update {QueueTable.Name} set cancel = true where job_id = $1";

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

    public TimeSpan? FullFor(int jobs) =>
        depth.Waiting + jobs - settings.MaxQueueDepth is > 0 and var tooMany ? estimates.UntilLeft(tooMany) : null;

    public LiveRun? Running(Guid jobId) => progress.Find(jobId)?.Now ?? elsewhere.Find(jobId);

    public async ValueTask<LivePreview?> Preview(Guid jobId, CancellationToken ct) => progress.Find(jobId) is { } here
        ? here.Now.Preview
        : elsewhere.Find(jobId) is { Preview: not null } ? await pictures.Get(jobId, ct) : null;

    public async Task<IReadOnlyDictionary<Guid, LiveJob>> Places(IReadOnlyCollection<OpenJob> jobs, CancellationToken ct)
    {
        // What a slot with nothing to do has already is the next to start, and needs no look.
        var (held, queued) = (jobs.Where(j => j.Backend is not null), jobs.Where(j => j.Backend is null).Select(j => j.JobId).ToArray());
        var places = await PlacesOf(queued, ct);
        foreach (var job in held)
        {
            places[job.JobId] = new LiveJob(1, estimates.UntilEnd(job, run: null), 0, null);
        }

        return places;
    }

    private async Task<Dictionary<Guid, LiveJob>> PlacesOf(Guid[] queued, CancellationToken ct)
    {
        var waiting = (int)depth.Waiting;
        if (waiting > CountedUpTo)
        {
            // Behind a thousand others the exact place is of no use to anybody, and looking for it would cost more than accepting the job.
            var last = new LiveJob(waiting, estimates.UntilEnd(waiting), 0, null);
            return queued.ToDictionary(id => id, _ => last);
        }

        try
        {
            return await Waiting(queued, ct);
        }
        catch (Exception exception) when (exception is NpgsqlException or OperationCanceledException || DatabaseFailure.IsOutage(exception))
        {
            return [];
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

    public async Task<IReadOnlyDictionary<Guid, LiveJob>> Live(IReadOnlyCollection<OpenJob> jobs, CancellationToken ct)
    {
        var live = await Waiting([.. jobs.Where(j => j.StartedAt is null).Select(j => j.JobId)], ct);
        foreach (var job in jobs.Where(j => j.StartedAt is not null))
        {
            var run = Running(job.JobId);
            live[job.JobId] = new LiveJob(null, estimates.UntilEnd(job, run), run?.Progress ?? 0, run?.Node);
        }

        return live;
    }

    private async Task<Dictionary<Guid, LiveJob>> Waiting(IReadOnlyCollection<Guid> jobIds, CancellationToken ct) =>
        (await line.Find(jobIds, ct)).ToDictionary(p => p.Key, p => new LiveJob(p.Value.Position, estimates.UntilEnd(p.Value), 0, null));
}
