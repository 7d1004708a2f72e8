using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Jobs;

internal static class JobProblems
{
    private static readonly ProblemCode NotFoundCode = new("JOB_NOT_FOUND", 404, "Job not found");
    private static readonly ProblemCode QueueFullCode = new("QUEUE_FULL", 503, "Queue full", Retryable: true);

    private static readonly ProblemCode NotCancelableCode = new("JOB_NOT_CANCELABLE", 409, "Job not cancelable");

    public static ProblemException NotCancelable(Guid jobId, JobStatus status) =>
        new(NotCancelableCode, $"The job \"{jobId}\" has ended already: {status.ToString().ToLowerInvariant()}.");

    /// <summary>The same words for a job that is not there and for one that is somebody else's.</summary>
    public static ProblemException NotFound(string jobId) => new(NotFoundCode, $"There is no job \"{jobId}\".");

    /// <summary>The database went away in the moment of the commit, and stayed away.</summary>
    public static ProblemException PerhapsAccepted() => ProblemException.DatabaseAway(
        "The database went away while the job was committed, so it may have been accepted: look for it in GET /jobs before you send it again.");

    public static ProblemException QueueFull(int limit, TimeSpan retryAfter) =>
        new(QueueFullCode, $"{limit} jobs are waiting already.") { RetryAfter = retryAfter };
}
