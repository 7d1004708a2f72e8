using System.Threading.Channels;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Marten;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Jobs;

/// <summary>
/// Appends to the streams of jobs, in groups and in the order they come: what is asked for while one commit is under way goes into the next together.
/// </summary>
internal sealed partial class JobLedger : IHostedService, IJobLedger, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly IDocumentStore _store;
    private readonly JobStreams _streams;
    private readonly KnownJobs _known;
    private readonly IMediator _mediator;
    private readonly JobChanges _changes;
    private readonly EndedJobs _ended;
    private readonly TimeProvider _clock;
    private readonly ILogger<JobLedger> _logger;
    private readonly GroupCommits<Entry> _writer;

    public JobLedger(
        IDocumentStore store, NpgsqlDataSource database, JobStreams streams, KnownJobs known, EndedJobs ended, IMediator mediator, JobChanges changes,
        TimeProvider clock, ILogger<JobLedger> logger)
    {
        (_store, _streams, _known, _ended, _mediator, _changes, _clock, _logger) = (store, streams, known, ended, mediator, changes, clock, logger);
        _writer = new GroupCommits<Entry>(database, clock, worthAwaiting: 1, Settle);
    }

    public async Task<Job?> Find(Guid jobId, CancellationToken ct)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            try
            {
                await using var session = _store.LightweightSession();
                return await session.Events.FetchLatest<Job>(jobId, ct);
            }
            catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
            {
                LogRetry(_logger, 1, exception.Message);
                await Task.Delay(pause, _clock, ct);
            }
        }
    }

    public async Task<Job> Append(Guid jobId, Func<Job, IEnumerable<object>> decide, Action<IStatements>? alongside, CancellationToken ct)
    {
        var entry = new Entry(jobId, decide, alongside, new TaskCompletionSource<Job>(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            // What was asked for is recorded, though the one who asked may be leaving.
            await _writer.Add(entry, CancellationToken.None).AsTask().WaitAsync(ct);
        }
        catch (ChannelClosedException)
        {
            throw new OperationCanceledException("The gateway is stopping.");
        }

        return await entry.Done.Task.WaitAsync(ct);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>What was asked for before the stop is still committed, if the database lets it be.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var left in await _writer.Stop(cancellationToken))
        {
            left.Done.TrySetCanceled(CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _writer.DisposeAsync();

    private async Task Settle(StatementConnection connection, List<Entry> group, CancellationToken ct)
    {
        try
        {
            await Commit(connection, group, ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            group.ForEach(e => e.Done.TrySetCanceled(CancellationToken.None));
        }
        catch (Exception exception)
        {
            // A fault of ours, told rather than left waiting for.
            group.ForEach(e => e.Done.TrySetException(exception));
        }
    }

    private async Task Commit(StatementConnection connection, List<Entry> group, CancellationToken ct)
    {
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Save(connection, group, ct);
                return;
            }
            catch (Exception exception) when (DatabaseFailure.IsOutage(exception) || (DatabaseFailure.IsConflict(exception) && IsOneJob(group)))
            {
                LogRetry(_logger, attempt, exception.Message);
                await Task.Delay(pause, _clock, ct);
                pause = Longer(pause);
            }
            catch (Exception exception) when (exception is not OperationCanceledException && group.Count == 1)
            {
                group[0].Done.TrySetException(exception);
                return;
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // One of them is at fault or was overtaken; alone, it fails or tries again alone.
                LogRetry(_logger, attempt, exception.Message);
                foreach (var entry in group.ToArray())
                {
                    await Commit(connection, [entry], ct);
                }

                return;
            }
        }
    }

    private async Task Save(StatementConnection connection, List<Entry> group, CancellationToken ct)
    {
        try
        {
            var jobs = await Decide(group, ct);
            await Write(connection, [.. jobs.Values.Where(j => j.Events.Count > 0)], group, ct);
            foreach (var job in jobs.Values.Where(j => j.End is not null))
            {
                _ended.Write(job.Now.View);
            }

            foreach (var entry in group)
            {
                _changes.Raise(entry.JobId);
                _known.Keep(jobs[entry.JobId].Now);
                entry.Done.TrySetResult(entry.Result!);
            }
        }
        catch
        {
            // Whatever came between, the next try reads what is there.
            group.ForEach(e => _known.Forget(e.JobId));
            throw;
        }
    }

    private async Task<Dictionary<Guid, Draft>> Decide(List<Entry> group, CancellationToken ct)
    {
        Guid[] jobIds = [.. group.Select(e => e.JobId).Distinct()];
        var jobs = jobIds.Select(_known.Find).OfType<KnownJob>().ToDictionary(j => j.Job.Id, j => new Draft(j, IsRead: false));
        await Read(jobs, [.. jobIds.Where(id => !jobs.ContainsKey(id))], ct);
        foreach (var entry in group)
        {
            var draft = jobs.GetValueOrDefault(entry.JobId) ?? throw JobProblems.NotFound(entry.JobId.ToString());
            if (!draft.Add(entry.Decide(draft.Now.Job)) && draft is { IsRead: false, Events: [] })
            {
                // Nothing will be written, so no conflict would show that there is more to know.
                await Read(jobs, [entry.JobId], ct);
                draft = jobs[entry.JobId];
                draft.Add(entry.Decide(draft.Now.Job));
            }

            entry.Result = draft.Now.Job;
        }

        return jobs;
    }

    private async Task Read(Dictionary<Guid, Draft> jobs, IReadOnlyList<Guid> jobIds, CancellationToken ct)
    {
        foreach (var job in await _streams.Read(jobIds, ct))
        {
            jobs[job.Job.Id] = new Draft(job, IsRead: true);
        }
    }

    private async Task Write(StatementConnection connection, Draft[] jobs, List<Entry> group, CancellationToken ct)
    {
        var batch = new StatementBatch();
        // The queue's rows first, then the streams: whoever cancels a job locks them in this order too.
        group.ForEach(e => e.Alongside?.Invoke(batch));
        if (jobs.Where(j => j.End is not null).Select(j => j.End!).ToArray() is { Length: > 0 } ends)
        {
            await _mediator.Publish(new JobsEnding(batch, ends), ct);
        }

        if (jobs.Length > 0)
        {
            _streams.Append(batch, [.. jobs.Select(j => new JobAppend(j.Events, j.Now))]);
        }

        await connection.Commit(batch, ct);
    }

    private static bool IsOneJob(List<Entry> group) => group.TrueForAll(e => e.JobId == group[0].JobId);

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    [LoggerMessage(Level = LogLevel.Debug, Message = "Appending to jobs again (try {Attempt}): {Reason}")]
    private static partial void LogRetry(ILogger logger, int attempt, string reason);

    private sealed record Entry(Guid JobId, Func<Job, IEnumerable<object>> Decide, Action<IStatements>? Alongside, TaskCompletionSource<Job> Done)
    {
        /// <summary>The job as this entry leaves it.</summary>
        public Job? Result { get; set; }
    }

    /// <summary>A job with what will be appended to it.</summary>
    private sealed record Draft(KnownJob Before, bool IsRead)
    {
        public KnownJob Now { get; private set; } = Before;

        public List<object> Events { get; } = [];

        /// <summary>Its end, where that is among the events.</summary>
        public EndingJob? End { get; private set; }

        /// <summary>False where there is nothing to add.</summary>
        public bool Add(IEnumerable<object> events)
        {
            // Copied before the first changes the job that the others are decided on.
            var decided = events.ToArray();
            foreach (var e in decided)
            {
                var before = Now.Job;
                Events.Add(e);
                Now = Now.After(e);
                if (Now.Job.IsFinished && !before.IsFinished)
                {
                    End = new EndingJob(before, e);
                }
            }

            return decided.Length > 0;
        }
    }
}
