using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>Puts the rows of accepted jobs into the transaction that accepts them, and takes each out with the one that ends it.</summary>
internal sealed class EnqueueJob(QueueSignal signal)
    : INotificationHandler<JobsQueuing>, INotificationHandler<JobsQueued>, INotificationHandler<JobsEnding>
{
    // An owner's next turn comes after their last waiting job, and not before the turn that is being served now. Looked up once for all of an
    // owner's jobs; and the pairs are compared as rows so that only the index by owner will do: the one by order has the right order too, but
    // for an owner who is new all of the others' jobs would be read.
    private const string Insert = $"""
        with accepted as (
            select * from unnest(?::uuid[], ?::text[], ?::int[], ?::text[], ?::text[]) with ordinality as a (job_id, owner, rank, model, work, place)),
        lines as materialized (
            select owner, rank, greatest(
                coalesce((
                    select turn from {QueueTable.Name} q
                    where (q.owner, q.rank) >= (l.owner, l.rank) and (q.owner, q.rank) <= (l.owner, l.rank) and slot is null
                    order by q.owner desc, q.rank desc, q.turn desc limit 1), 0),
                coalesce((select max(turn) from {QueueTable.Name} q where q.rank = l.rank and slot is not null),
                         (select min(turn) - 1 from {QueueTable.Name} q where q.rank = l.rank and slot is null), 0)) as last_turn
            from (select distinct owner, rank from accepted) l)
        insert into {QueueTable.Name} (job_id, owner, rank, model, work, turn)
        select job_id, owner, rank, model, work, last_turn + row_number() over (partition by owner, rank order by place)
        from accepted join lines using (owner, rank)
        """;

    private const string Delete = $"delete from {QueueTable.Name} where job_id = any(?)";

    public Task Handle(JobsQueuing notification, CancellationToken cancellationToken)
    {
        var (statements, jobs) = notification;
        statements.Add(
            Insert,
            jobs.Select(j => j.JobId).ToArray(), jobs.Select(j => j.Owner).ToArray(), jobs.Select(j => -j.Priority).ToArray(),
            jobs.Select(j => ClaimedJob.ModelOf(j.Models)).ToArray(), jobs.Select(j => RunTimes.WorkOf(j.WorkflowId, j.WorkflowVersion)).ToArray());
        return Task.CompletedTask;
    }

    public Task Handle(JobsQueued notification, CancellationToken cancellationToken)
    {
        signal.Raise(-notification.Priority, notification.Count);
        return Task.CompletedTask;
    }

    public Task Handle(JobsEnding notification, CancellationToken cancellationToken)
    {
        notification.Statements.Add(Delete, notification.Jobs.Select(j => j.JobId).ToArray());
        return Task.CompletedTask;
    }
}
