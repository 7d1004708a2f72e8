using System.Collections.Concurrent;
using ComfyGateway.Jobs.Contracts;
using MediatR;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>The runs of this process, by job.</summary>
internal sealed class ActiveRuns
{
    private readonly ConcurrentDictionary<Guid, JobRun> _runs = new();

    public void Add(JobRun run) => _runs[run.Job.Id] = run;

    public void Remove(JobRun run) => _runs.TryRemove(KeyValuePair.Create(run.Job.Id, run));

    public void Cancel(Guid jobId) => _runs.GetValueOrDefault(jobId)?.Want(RunIntent.Cancel);
}

/// <summary>A cancel that was committed here reaches a run of this process at once; elsewhere the lane finds the note.</summary>
internal sealed class CancelRun(ActiveRuns runs) : INotificationHandler<JobCancelNoted>
{
    public Task Handle(JobCancelNoted notification, CancellationToken cancellationToken)
    {
        runs.Cancel(notification.JobId);
        return Task.CompletedTask;
    }
}
