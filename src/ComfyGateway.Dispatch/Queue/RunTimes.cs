using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// How long runs took lately, by workflow version and backend; and how much longer those took whose models had to be loaded than
/// others of the same. Nothing is claimed before something was measured.
/// </summary>
internal sealed class RunTimes(Measures measures)
{
    private const double CommitSeconds = 0.02;
    private const int MaxJobsPerCommit = 8;

    // How many loads' time a job may be passed over to save one.
    private const int LoadsPassedOver = 10;

    // What is measured. The first is of all runs together, for those whose workflow version was not measured yet or is inline.
    private const string Run = "run";
    private const string Warm = "warm";
    private const string Load = "load";

    private static readonly TimeSpan ShortestPassOver = TimeSpan.FromSeconds(1);

    /// <summary>No job is passed over for longer, whatever it would save.</summary>
    internal static readonly TimeSpan LongestPassOver = TimeSpan.FromSeconds(30);

    private readonly MovingMean _here = new();

    /// <summary>A workflow version in one word; null for an inline graph, which nothing is known of.</summary>
    public static string? WorkOf(string? workflowId, int version) => workflowId is null ? null : $"{workflowId}/{version}";

    public void Add(JobRun run, TimeSpan time)
    {
        var (job, backend, seconds) = (run.Job, run.Backend.Id, time.TotalSeconds);
        _here.Add(seconds);
        measures.Add(Run, backend, seconds);
        if (WorkOf(job.WorkflowId, job.WorkflowVersion) is not { } work)
        {
            return;
        }

        measures.Add(Of(Run, work), backend, seconds);
        if (run.IsWarm)
        {
            measures.Add(Of(Warm, work), backend, seconds);
        }
        else if (measures.Find(Of(Warm, work), backend) is { } usual && ClaimedJob.ModelOf(job.Models) is { } model)
        {
            measures.Add(Of(Load, model), backend, Math.Max(0, seconds - usual));
        }
    }

    /// <summary>The mean of a workflow version, on one backend where it was measured there; in seconds.</summary>
    public double? Mean(string? work, string? backend = null) =>
        work is null ? MeanOf(Run, backend) : MeanOf(Of(Run, work), backend) ?? MeanOf(Run, backend);

    /// <summary>How long a job may be passed over on a backend for others whose models it has loaded.</summary>
    public TimeSpan PassOver(string backend) => measures.Greatest(Of(Load, ""), backend) is { } load
        ? TimeSpan.FromSeconds(Math.Clamp(load * LoadsPassedOver, ShortestPassOver.TotalSeconds, LongestPassOver.TotalSeconds))
        : LongestPassOver;

    /// <summary>How many jobs the GPU does while one claim and its record are committed: 1 for all but the shortest.</summary>
    public int JobsPerCommit() => _here.Value is { } mean
        ? (int)Math.Clamp(Math.Ceiling(CommitSeconds / Math.Max(mean, 0.0001)), 1, MaxJobsPerCommit)
        : 1;

    private double? MeanOf(string what, string? backend) => (backend is null ? null : measures.Find(what, backend))
        ?? (measures.FindAll(what).ToArray() is { Length: > 0 } all ? all.Average(m => m.Value) : null);

    private static string Of(string kind, string what) => $"{kind} {what}";
}
