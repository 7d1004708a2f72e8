using ComfyGateway.Jobs.Contracts;

namespace ComfyGateway.Jobs;

/// <summary>Those of some jobs that have not ended, and where they stand.</summary>
internal static class OpenJobs
{
    public static Task<IReadOnlyDictionary<Guid, LiveJob>> Live(this IJobQueue queue, IEnumerable<JobView> jobs, CancellationToken ct) =>
        queue.Live([.. jobs.Where(j => !j.HasEnded).Select(Of)], ct);

    public static OpenJob Of(JobView job) => new(job.Id, job.WorkflowId, job.WorkflowVersion, job.Backend, job.Status == JobStatus.Running ? job.StartedAt : null);
}
