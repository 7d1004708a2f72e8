using System.Globalization;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>Puts the row of an accepted job into the transaction that accepts it, and takes it out with the one that ends it.</summary>
internal sealed class EnqueueJob(QueueDepth depth, QueueSignal signal, ClusterNotices notices)
    : INotificationHandler<JobQueuing>, INotificationHandler<JobsQueued>, INotificationHandler<JobEnding>
{
    // An owner's next turn comes after their last waiting job, and not before the turn that is being served now.
    private const string Insert = $"""
        insert into {QueueTable.Name} (job_id, owner, rank, turn)
        select ?, ?, ?, 1 + greatest(
            coalesce((select max(turn) from {QueueTable.Name} where owner = ? and rank = ? and slot is null), 0),
            coalesce((select max(turn) from {QueueTable.Name} where rank = ? and slot is not null),
                     (select min(turn) - 1 from {QueueTable.Name} where rank = ? and slot is null), 0))
        """;

    private const string Delete = $"delete from {QueueTable.Name} where job_id = ?";

    public Task Handle(JobQueuing notification, CancellationToken cancellationToken)
    {
        var (session, job) = notification;
        var rank = -job.Priority;
        session.QueueSqlCommand(Insert, job.JobId, job.Owner, rank, job.Owner, rank, rank, rank);
        return Task.CompletedTask;
    }

    public Task Handle(JobsQueued notification, CancellationToken cancellationToken)
    {
        depth.Add(notification.Count);
        signal.Raise(-notification.Priority);
        notices.Send(QueueSignal.Kind, (-notification.Priority).ToString(CultureInfo.InvariantCulture));
        return Task.CompletedTask;
    }

    public Task Handle(JobEnding notification, CancellationToken cancellationToken)
    {
        notification.Session.QueueSqlCommand(Delete, notification.Job.Id);
        return Task.CompletedTask;
    }
}
