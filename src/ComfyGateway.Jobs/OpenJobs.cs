using ComfyGateway.Jobs.Contracts;

namespace ComfyGateway.Jobs;

/// <summary>Those of some jobs that have not ended, and where they stand.</summary>
internal static class OpenJobs
{
    public static Task<IReadOnlyDictionary<Guid, LiveJob>> Live(this IJobQueue queue, IEnumerable<JobView> jobs, CancellationToken ct) => queue.Live(
        [.. jobs.Where(j => !j.HasEnded).Select(j => new OpenJob(j.Id, j.WorkflowId, j.WorkflowVersion, j.Backend, j.Status == JobStatus.Running ? j.StartedAt : null))], ct);
}
