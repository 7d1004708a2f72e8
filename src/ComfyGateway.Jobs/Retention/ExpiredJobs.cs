using ComfyGateway.Jobs.Contracts;
using Marten;
using MediatR;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Jobs.Retention;

/// <summary>
/// Archives jobs that ended long ago. First they go from the database, all of a job at once; then those who keep something of them are
/// told. So a job whose files are half gone is never seen, and what a crash leaves is known to nobody, which a sweep finds.
/// </summary>
internal sealed partial class ExpiredJobs(IDocumentStore store, IMediator mediator, EndedJobs ended, ILogger<ExpiredJobs> logger)
{
    private const int Batch = 200;

    private static readonly JobStatus[] Ended = [JobStatus.Succeeded, JobStatus.Failed, JobStatus.Canceled];

    /// <summary>Archives jobs that ended before this, and that nobody wants kept.</summary>
    /// <returns>How many were archived.</returns>
    public async Task<int> Archive(DateTimeOffset endedBefore, CancellationToken ct)
    {
        var count = 0;
        for (var last = Guid.Empty; ;)
        {
            await using var session = store.LightweightSession();
            var batch = await Next(session, endedBefore, last, ct);
            if (batch.Count == 0)
            {
                return count;
            }

            last = batch[^1].Id;
            var kept = new HashSet<Guid>(batch.Where(j => !(j.CompletedAt < endedBefore)).Select(j => j.Id));
            await mediator.Publish(new JobsExpiring([.. batch.Where(j => !kept.Contains(j.Id))], kept), ct);
            count += await Remove(session, [.. batch.Where(j => !kept.Contains(j.Id))], ct);
        }
    }

    // A job is made before it ends, and ids begin with the time: the index on status and id has what is looked for.
    private static Task<IReadOnlyList<JobView>> Next(IDocumentSession session, DateTimeOffset endedBefore, Guid last, CancellationToken ct)
    {
        var end = JobIds.FirstOf(endedBefore);
        return session.Query<JobView>().Where(j => j.Status.IsOneOf(Ended) && j.Id > last && j.Id < end).OrderBy(j => j.Id).Take(Batch).ToListAsync(ct);
    }

    private async Task<int> Remove(IDocumentSession session, JobView[] jobs, CancellationToken ct)
    {
        if (jobs.Length == 0)
        {
            return 0;
        }

        foreach (var job in jobs)
        {
            session.Events.ArchiveStream(job.Id);
            session.Delete<JobView>(job.Id);
        }

        await session.SaveChangesAsync(ct);
        Array.ForEach(jobs, j => ended.Forget(j.Id));
        LogArchived(logger, jobs.Length);
        await mediator.Publish(new JobsExpired([.. jobs.Select(j => new ExpiredJob(j.Id, j.Outputs))]), ct);
        return jobs.Length;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Archived {Count} jobs that ended longer ago than OUTPUT_RETENTION_DAYS")]
    private static partial void LogArchived(ILogger logger, int count);
}
