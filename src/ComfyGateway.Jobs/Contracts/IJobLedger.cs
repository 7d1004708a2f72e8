using ComfyGateway.Platform.Events;

namespace ComfyGateway.Jobs.Contracts;

/// <summary>The record of jobs, for the module that runs them.</summary>
public interface IJobLedger
{
    /// <summary>The job as it is now, or null.</summary>
    Task<Job?> Find(Guid jobId, CancellationToken ct);

    /// <summary>
    /// Appends what <paramref name="decide"/> makes of the job as it is now; again, where another writer came between. Appends that are
    /// asked for at about the same time share a commit. While PostgreSQL cannot be reached this waits and tries on: what has happened
    /// to a job must not be lost.
    /// </summary>
    /// <param name="decide">Runs once per try.</param>
    /// <param name="alongside">Adds more to the same transaction. Runs once per try.</param>
    /// <returns>The job with the events applied, once they are committed.</returns>
    Task<Job> Append(Guid jobId, Func<Job, IEnumerable<object>> decide, Action<IStatements>? alongside, CancellationToken ct);
}
