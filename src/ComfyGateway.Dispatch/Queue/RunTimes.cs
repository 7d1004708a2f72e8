using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// How long runs took lately, for honest estimates: over all, and on each backend how much longer those took whose models had to be
/// loaded than others of the same workflow version. Nothing is claimed before something was measured.
/// </summary>
internal sealed class RunTimes(BackendPool pool, TimeProvider clock)
{
    private const double CommitSeconds = 0.02;
    private const int MaxJobsPerCommit = 8;

    // How many loads' time a job may be passed over to save one.
    private const int LoadsPassedOver = 10;

    private static readonly TimeSpan WithoutMeasure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShortestPassOver = TimeSpan.FromSeconds(1);

    /// <summary>No job is passed over for longer, whatever it would save.</summary>
    internal static readonly TimeSpan LongestPassOver = TimeSpan.FromSeconds(30);

    private readonly MovingMean _all = new();
    private readonly ConcurrentDictionary<(string Workflow, int Version, string Backend), MovingMean> _warm = new();
    private readonly ConcurrentDictionary<(string Backend, string Model), MovingMean> _loads = new();

    public void Add(JobRun run, TimeSpan time)
    {
        var (job, backend) = (run.Job, run.Backend.Id);
        _all.Add(time.TotalSeconds);
        if (job.WorkflowId is not { } workflow)
        {
            return;
        }

        var warm = _warm.GetOrAdd((workflow, job.WorkflowVersion, backend), _ => new());
        if (run.IsWarm)
        {
            warm.Add(time.TotalSeconds);
        }
        else if (warm.Value is { } usual && ClaimedJob.ModelOf(job.Models) is { } model)
        {
            _loads.GetOrAdd((backend, model), _ => new()).Add(Math.Max(0, time.TotalSeconds - usual));
        }
    }

    /// <summary>How long a job may be passed over on a backend for others whose models it has loaded.</summary>
    public TimeSpan PassOver(string backend)
    {
        var loads = _loads.Where(l => l.Key.Backend == backend).Select(l => l.Value.Value ?? 0).ToArray();
        return loads.Length == 0
            ? LongestPassOver
            : TimeSpan.FromSeconds(Math.Clamp(loads.Max() * LoadsPassedOver, ShortestPassOver.TotalSeconds, LongestPassOver.TotalSeconds));
    }

    /// <summary>Whole seconds until the end of a job that waits at <paramref name="position"/> or started at <paramref name="startedAt"/>.</summary>
    public int? Eta(int? position, DateTimeOffset? startedAt)
    {
        if (_all.Value is not { } mean)
        {
            return null;
        }

        var seconds = position is { } place
            ? (mean * place / Slots) + mean
            : mean - (startedAt is { } start ? (clock.GetUtcNow() - start).TotalSeconds : 0);
        return (int)Math.Ceiling(Math.Max(0, seconds));
    }

    /// <summary>When one more job is likely to have left the queue.</summary>
    public TimeSpan? UntilNext() => _all.Value is { } mean ? TimeSpan.FromSeconds(Math.Max(1, mean / Slots)) : WithoutMeasure;

    /// <summary>How many jobs the GPU does while one claim and its record are committed: 1 for all but the shortest.</summary>
    public int JobsPerCommit() => _all.Value is { } mean
        ? (int)Math.Clamp(Math.Ceiling(CommitSeconds / Math.Max(mean, 0.0001)), 1, MaxJobsPerCommit)
        : 1;

    private int Slots => Math.Max(1, pool.Slots);
}
