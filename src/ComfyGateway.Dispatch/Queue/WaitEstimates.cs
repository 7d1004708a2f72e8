using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs.Contracts;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// How long jobs and clients will have to wait: from what was measured, over the slots that can do the work. Null where nothing was
/// measured; never less than a second, since what has not ended takes some time.
/// </summary>
internal sealed class WaitEstimates(RunTimes runTimes, QueueDepth depth, BackendPool pool, TimeProvider clock)
{
    private const double Shortest = 1;

    private static readonly TimeSpan WithoutMeasure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>Until the end of a job that has not begun.</summary>
    public int? UntilEnd(QueuePlace place)
    {
        if (place.SecondsBefore is not { } before || runTimes.Mean(place.Work) is not { } own)
        {
            return null;
        }

        var (able, idle) = Slots(place.Unfit);
        var start = place.Nth switch
        {
            null => before,
            { } nth when nth <= idle => 0,
            _ => before / able,
        };
        var earliest = place.NotBefore is { } time ? (time - clock.GetUtcNow()).TotalSeconds : 0;
        return Whole(Math.Max(start, earliest) + own);
    }

    /// <summary>Until the end of a job that is the last of <paramref name="waiting"/>, whatever they are.</summary>
    public int? UntilEnd(long waiting) =>
        runTimes.Mean(null) is { } mean ? Whole((mean * waiting / Slots([]).Able) + mean) : null;

    /// <summary>
    /// Until the end of a job that runs. Its progress says how much is left of the mean; before there is any, the time does.
    /// </summary>
    public int? UntilEnd(OpenJob job, LiveRun? run)
    {
        var elapsed = job.StartedAt is { } start ? (clock.GetUtcNow() - start).TotalSeconds : 0;
        var done = (run?.Progress ?? 0) / 100.0;
        var mean = runTimes.Mean(RunTimes.WorkOf(job.WorkflowId, job.WorkflowVersion), job.Backend);
        return (mean, done) switch
        {
            (null, 0) => null,
            (null, _) => Whole(elapsed / done * (1 - done)),
            ({ } usual, 0) => Whole(usual - elapsed),
            ({ } usual, _) => Whole(usual * (1 - done)),
        };
    }

    /// <summary>Until <paramref name="jobs"/> have left the queue: at the rate of the last minute; where none left, by the mean of runs.</summary>
    public TimeSpan UntilLeft(long jobs)
    {
        var drained = depth.Drained;
        var seconds = drained is { Jobs: > 0 }
            ? jobs * drained.Span.TotalSeconds / drained.Jobs
            : Math.Max(drained?.Span.TotalSeconds ?? 0, runTimes.Mean(null) is { } mean ? mean * jobs / Slots([]).Able : WithoutMeasure.TotalSeconds);
        return TimeSpan.FromSeconds(Math.Clamp(seconds, Shortest, LongestRetryAfter.TotalSeconds));
    }

    /// <summary>
    /// The slots that can run what not all can: of backends that take jobs, as far as this process knows, and all that are seen at work.
    /// </summary>
    private (int Able, int Idle) Slots(IReadOnlyCollection<string> unfit)
    {
        var working = depth.Working;
        var able = pool.All.Where(b => b.Takes(0)).ToDictionary(b => b.Id, b => b.Slots);
        foreach (var (backend, slots) in working)
        {
            able[backend] = Math.Max(slots, able.GetValueOrDefault(backend));
        }

        var fit = able.Where(b => !unfit.Contains(b.Key)).ToArray();
        return (Math.Max(1, fit.Sum(b => b.Value)), fit.Sum(b => b.Value - working.GetValueOrDefault(b.Key)));
    }

    private static int Whole(double seconds) => (int)Math.Ceiling(Math.Min(int.MaxValue, Math.Max(Shortest, seconds)));
}
