using ComfyGateway.Platform.Events;
using MediatR;

namespace ComfyGateway.Jobs.Contracts;

/// <summary>Jobs are about to be committed together. What must be committed with them is added to <paramref name="Statements"/>.</summary>
public sealed record JobsQueuing(IStatements Statements, IReadOnlyList<JobQueued> Jobs) : INotification;

/// <summary>The ends of jobs are about to be committed together. What must be committed with them is added to <paramref name="Statements"/>.</summary>
public sealed record JobsEnding(IStatements Statements, IReadOnlyList<EndingJob> Jobs) : INotification;

/// <param name="Job">As it was before <paramref name="End"/>.</param>
/// <param name="End"><see cref="JobSucceeded"/>, <see cref="JobFailed"/> or <see cref="JobCanceled"/>.</param>
public sealed record EndingJob(Job Job, object End)
{
    public Guid JobId => Job.Id;

    /// <summary>The job has files as input.</summary>
    public bool HasFiles => Job.Files.Count > 0;
}

/// <summary>Jobs that ended long ago are about to be archived, their files with them. Who still needs one adds it to <paramref name="Kept"/>.</summary>
public sealed record JobsExpiring(IReadOnlyList<JobView> Jobs, ISet<Guid> Kept) : INotification;

/// <summary>It was committed that these jobs are no more. Who keeps something of them lets it go; it may be told twice or, after a crash, never.</summary>
public sealed record JobsExpired(IReadOnlyList<ExpiredJob> Jobs) : INotification;

/// <param name="Outputs">The files that it had.</param>
public sealed record ExpiredJob(Guid JobId, IReadOnlyList<JobOutput> Outputs);

/// <summary>Jobs were committed and wait to be claimed; in this process only.</summary>
/// <param name="Priority">The highest among them.</param>
public sealed record JobsQueued(int Count, int Priority) : INotification;

/// <summary>It was committed that a job which waited to be claimed has ended; in this process only.</summary>
public sealed record WaitingJobEnded(Guid JobId) : INotification;

/// <summary>It was committed that somebody wants the end of a job that a slot has; in this process only.</summary>
public sealed record JobCancelNoted(Guid JobId) : INotification;
