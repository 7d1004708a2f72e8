using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>Puts the rows of accepted jobs into the transaction that accepts them, and takes each out with the one that ends it.</summary>
internal sealed class EnqueueJob(QueueSignal signal, QueueDepth depth)
    : INotificationHandler<JobsQueuing>, INotificationHandler<JobsQueued>, INotificationHandler<JobsEnding>, INotificationHandler<WaitingJobEnded>
{
    // Turns come in rounds, of two turns each. An owner's jobs get a round each, after the one of their last waiting job and after the round that is
    // being served now; in it, the first job of an owner who has none here goes before the jobs of those who had. Without that it would go behind
    // the next of whoever is being served, which is older.
    // What is here of an owner is looked up once for each line, the jobs of an owner with one priority; and the pairs are compared as rows so that
    // only the index by owner will do: the one by order has the right order too, but for an owner who is new all of the others' jobs would be read.
    private const string Insert = $"""
        insert into {QueueTable.Name} (job_id, owner, rank, model, work, turn)
        select a.job_id, l.owner, l.rank, a.model, a.work, 2 * (l.last_round + a.nth) + case when l.is_new and a.nth = 1 then 0 else 1 end
        from (
            select l.owner, l.rank, first, last,
                greatest(own.turn / 2, coalesce(served.turn / 2, (select min(turn) / 2 - 1 from {QueueTable.Name} q where q.rank = l.rank and slot is null)), 0)
                    as last_round,
                own.turn is null and served.has_own is not true as is_new
            from unnest(?::text[], ?::int[], ?::int[], ?::int[]) as l (owner, rank, first, last)
            left join lateral (
                select turn from {QueueTable.Name} q
                where (q.owner, q.rank) >= (l.owner, l.rank) and (q.owner, q.rank) <= (l.owner, l.rank) and slot is null
                order by q.owner desc, q.rank desc, q.turn desc limit 1) own on true
            cross join lateral (
                select max(turn) as turn, bool_or(q.owner = l.owner) as has_own from {QueueTable.Name} q where q.rank = l.rank and slot is not null) served
            offset 0) l
        cross join lateral unnest((?::uuid[])[l.first:l.last], (?::text[])[l.first:l.last], (?::text[])[l.first:l.last])
            with ordinality as a (job_id, model, work, nth)
        """;

    private const string Delete = $"delete from {QueueTable.Name} where job_id = any(?)";

    public Task Handle(JobsQueuing notification, CancellationToken cancellationToken)
    {
        var lines = notification.Jobs.GroupBy(j => (j.Owner, Rank: -j.Priority)).ToArray();
        // Of each line where its jobs begin and end among all, counted from 1 as PostgreSQL does.
        var (firsts, lasts) = (new int[lines.Length], new int[lines.Length]);
        for (var (n, last) = (0, 0); n < lines.Length; n++)
        {
            firsts[n] = last + 1;
            lasts[n] = last += lines[n].Count();
        }

        JobQueued[] jobs = [.. lines.SelectMany(line => line)];
        notification.Statements.Add(
            Insert,
            lines.Select(l => l.Key.Owner).ToArray(), lines.Select(l => l.Key.Rank).ToArray(), firsts, lasts,
            jobs.Select(j => j.JobId).ToArray(), jobs.Select(j => ClaimedJob.ModelOf(j.Models)).ToArray(),
            jobs.Select(j => RunTimes.WorkOf(j.WorkflowId, j.WorkflowVersion)).ToArray());
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

    public Task Handle(WaitingJobEnded notification, CancellationToken cancellationToken)
    {
        // There is room for another at once.
        depth.Remove(1);
        return Task.CompletedTask;
    }
}
