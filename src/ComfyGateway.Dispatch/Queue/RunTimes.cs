using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>How long runs took lately, for honest estimates. Nothing is claimed before something was measured.</summary>
internal sealed class RunTimes(GatewaySettings settings, TimeProvider clock)
{
    // Each new run counts a tenth: a change of workload shows after a dozen jobs, a single odd one hardly.
    private const double Weight = 0.1;

    private const double CommitSeconds = 0.02;
    private const int MaxJobsPerCommit = 8;

    private static readonly TimeSpan WithoutMeasure = TimeSpan.FromSeconds(5);

    private double _mean = double.NaN;

    public void Add(TimeSpan run)
    {
        var mean = Volatile.Read(ref _mean);
        Volatile.Write(ref _mean, double.IsNaN(mean) ? run.TotalSeconds : (mean * (1 - Weight)) + (run.TotalSeconds * Weight));
    }

    /// <summary>Whole seconds until the end of a job that waits at <paramref name="position"/> or started at <paramref name="startedAt"/>.</summary>
    public int? Eta(int? position, DateTimeOffset? startedAt)
    {
        var mean = Volatile.Read(ref _mean);
        if (double.IsNaN(mean))
        {
            return null;
        }

        var seconds = position is { } place
            ? (mean * place / Slots) + mean
            : mean - (startedAt is { } start ? (clock.GetUtcNow() - start).TotalSeconds : 0);
        return (int)Math.Ceiling(Math.Max(0, seconds));
    }

    /// <summary>When one more job is likely to have left the queue.</summary>
    public TimeSpan? UntilNext()
    {
        var mean = Volatile.Read(ref _mean);
        return double.IsNaN(mean) ? WithoutMeasure : TimeSpan.FromSeconds(Math.Max(1, mean / Slots));
    }

    /// <summary>How many jobs the GPU does while one claim and its record are committed: 1 for all but the shortest.</summary>
    public int JobsPerCommit()
    {
        var mean = Volatile.Read(ref _mean);
        return double.IsNaN(mean) ? 1 : (int)Math.Clamp(Math.Ceiling(CommitSeconds / Math.Max(mean, 0.0001)), 1, MaxJobsPerCommit);
    }

    private int Slots => settings.ComfyUiUrls.Count * settings.MaxConcurrency;
}
