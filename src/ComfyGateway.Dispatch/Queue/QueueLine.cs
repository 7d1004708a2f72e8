using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// The places of all jobs of the queue, read as a whole and kept for a moment: whoever asks for a place is answered from memory. Those who
/// ask for a job that came since then share the next look, and a long queue is not looked at more often than its length allows.
/// </summary>
internal sealed class QueueLine(NpgsqlDataSource database, RunTimes runTimes, TimeProvider clock)
{
    private const string Columns = "job_id, work, case when not_before > now() then not_before end, case when unfit <> '{}' then unfit end, slot";

    private const string Waiting = $"select {Columns} from {QueueTable.Name} where slot is null order by rank, turn, job_id";

    // The first of a slot is the one that runs, or is about to.
    private const string Held = $"select {Columns} from {QueueTable.Name} where slot is not null order by rank, turn, job_id";

    // A job that is claimed or recalled between the two would be in neither. In one exchange with them: jobs are accepted meanwhile.
    private const string OneMoment = "begin transaction isolation level repeatable read, read only";
    private const string End = "commit";

    private static readonly TimeSpan ShortestLife = TimeSpan.FromMilliseconds(200);

    // Of the time, so much at most is spent looking.
    private const int LookOneIn = 20;

    private readonly Lock _gate = new();
    private Snapshot _latest = new(new Dictionary<Guid, QueuePlace>(), DateTimeOffset.MinValue);
    private Task<Snapshot>? _underWay;
    private Task<Snapshot>? _next;

    /// <summary>The places of those of <paramref name="jobIds"/> that are in the queue.</summary>
    public async ValueTask<IReadOnlyDictionary<Guid, QueuePlace>> Find(IReadOnlyCollection<Guid> jobIds, CancellationToken ct)
    {
        if (jobIds.Count == 0)
        {
            return new Dictionary<Guid, QueuePlace>();
        }

        var seen = Volatile.Read(ref _latest);
        if (clock.GetUtcNow() >= seen.Until || !jobIds.All(seen.Places.ContainsKey))
        {
            seen = await Look().WaitAsync(ct);
        }

        return jobIds.Where(seen.Places.ContainsKey).ToDictionary(id => id, id => seen.Places[id]);
    }

    private Task<Snapshot> Look()
    {
        lock (_gate)
        {
            // A look that is under way may have begun before the job came.
            return _next ??= LookAfter(_underWay ?? Task.CompletedTask);
        }
    }

    private async Task<Snapshot> LookAfter(Task before)
    {
        await Task.Yield();
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
        {
            (_underWay, _next) = (_next, null);
        }

        var started = clock.GetTimestamp();
        var places = await Read();
        var life = clock.GetElapsedTime(started) * LookOneIn;
        var seen = new Snapshot(places, clock.GetUtcNow() + (life > ShortestLife ? life : ShortestLife));
        Volatile.Write(ref _latest, seen);
        return seen;
    }

    private async Task<Dictionary<Guid, QueuePlace>> Read()
    {
        var places = new Dictionary<Guid, QueuePlace>();
        var means = new Dictionary<string, double?>();
        await using var batch = database.CreateBatch();
        foreach (var statement in (string[])[OneMoment, Held, Waiting, End])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        await using var reader = await batch.ExecuteReaderAsync();
        double? all = 0;
        var before = new Dictionary<string, double?>();
        var position = 1;
        while (await reader.ReadAsync())
        {
            var slot = reader.GetString(4);
            var isNext = before.TryGetValue(slot, out var ofSlot);
            var place = Place(reader, isNext ? position++ : 1, nth: null, isNext ? ofSlot : 0);
            places[reader.GetGuid(0)] = place;
            // What runs has done half of it, as a rule.
            var left = isNext ? MeanOf(place.Work) : MeanOf(place.Work) / 2;
            before[slot] = place.SecondsBefore + left;
            all += left;
        }

        await reader.NextResultAsync();
        for (var nth = 1; await reader.ReadAsync(); nth++)
        {
            var place = Place(reader, position++, nth, all);
            places[reader.GetGuid(0)] = place;
            all += MeanOf(place.Work);
        }

        return places;

        double? MeanOf(string? work)
        {
            if (!means.TryGetValue(work ?? "", out var mean))
            {
                means[work ?? ""] = mean = runTimes.Mean(work);
            }

            return mean;
        }
    }

    private static QueuePlace Place(NpgsqlDataReader row, int position, int? nth, double? before) => new(
        position, nth, before,
        row.IsDBNull(1) ? null : row.GetString(1),
        row.IsDBNull(2) ? null : row.GetFieldValue<DateTimeOffset>(2),
        row.IsDBNull(3) ? [] : row.GetFieldValue<string[]>(3));

    private sealed record Snapshot(IReadOnlyDictionary<Guid, QueuePlace> Places, DateTimeOffset Until);
}
