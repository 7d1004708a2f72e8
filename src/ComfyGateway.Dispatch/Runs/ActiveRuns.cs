using System.Collections.Concurrent;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>The runs of this process, by job.</summary>
internal sealed class ActiveRuns
{
    /// <summary>The kind of notice that tells other gateways of a cancel.</summary>
    public const string CancelKind = "cancel";

    private readonly ConcurrentDictionary<Guid, JobRun> _runs = new();

    public ActiveRuns(ClusterNotices notices) => notices.Received += (kind, about) =>
    {
        if (kind == CancelKind && Guid.TryParse(about, out var jobId))
        {
            Cancel(jobId);
        }
    };

    public void Add(JobRun run) => _runs[run.Job.Id] = run;

    public void Remove(JobRun run) => _runs.TryRemove(KeyValuePair.Create(run.Job.Id, run));

    public void Cancel(Guid jobId) => _runs.GetValueOrDefault(jobId)?.Want(RunIntent.Cancel);
}

/// <summary>A cancel that was committed here reaches a run at once, here or on another gateway; should that be lost, the lane finds the note.</summary>
internal sealed class CancelRun(ActiveRuns runs, ClusterNotices notices) : INotificationHandler<JobCancelNoted>
{
    public Task Handle(JobCancelNoted notification, CancellationToken cancellationToken)
    {
        runs.Cancel(notification.JobId);
        notices.Send(ActiveRuns.CancelKind, notification.JobId.ToString());
        return Task.CompletedTask;
    }
}
