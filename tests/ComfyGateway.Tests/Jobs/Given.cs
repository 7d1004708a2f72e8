using ComfyGateway.Jobs;

namespace ComfyGateway.Tests.Jobs;

/// <summary>Events of a job, and what comes of them.</summary>
internal static class Given
{
    public static readonly DateTimeOffset At = new(2026, 1, 15, 10, 30, 0, TimeSpan.Zero);

    public static readonly JobError Error = new("COMFYUI_UNREACHABLE", "gone", true, "wait", "5", "KSampler", 0);

    public static readonly JobQueued Queued = new(
        Guid.Parse("0198c0de-7000-7000-8000-000000000000"), "icon_512", 3, null, "key_abc", Json.Members("""{"prompt": "x"}"""), 42, 7, 1000, true,
        Json.Of("""{"userId": "u7"}"""), "corr", At);

    public static JobSubmitted Submitted(int attempt = 1) => new(attempt, "gpu0", $"p{attempt}", Later(1));

    public static JobOutput Output(string name) =>
        new(name, "", $"job/{name}", 9, new string('0', 64), "image/png", "image", 8, 8, "9", Later(3));

    public static DateTimeOffset Later(int seconds) => At.AddSeconds(seconds);

    public static Job Job(params object[] events) => Then(ComfyGateway.Jobs.Job.Create(Queued), events);

    public static Job Then(Job job, IEnumerable<object> events) => events.Aggregate(job, (j, e) => e switch
    {
        JobSubmitted submitted => j.Apply(submitted),
        JobStarted started => j.Apply(started),
        JobRequeued requeued => j.Apply(requeued),
        JobCancelRequested requested => j.Apply(requested),
        JobSucceeded succeeded => j.Apply(succeeded),
        JobFailed failed => j.Apply(failed),
        JobCanceled canceled => j.Apply(canceled),
        _ => j,
    });
}
