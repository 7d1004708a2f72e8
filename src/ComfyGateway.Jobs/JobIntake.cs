using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using Marten;
using MediatR;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ComfyGateway.Jobs;

/// <summary>
/// Commits accepted jobs in groups: requests that arrive while a commit is under way share the next one, and each is answered
/// only when its own commit is durable.
/// </summary>
internal sealed class JobIntake : IHostedService, IAsyncDisposable
{
    private const int MaxTries = 4;
    private const int WorthAwaiting = 16;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    private readonly IDocumentStore _store;
    private readonly JobStreams _streams;
    private readonly KnownJobs _known;
    private readonly IMediator _mediator;
    private readonly IJobQueue _queue;
    private readonly int _maxWaiting;
    private readonly GroupCommits<Entry> _commits;

    public JobIntake(
        IDocumentStore store, NpgsqlDataSource database, JobStreams streams, KnownJobs known, IMediator mediator, IJobQueue queue, GatewaySettings settings,
        TimeProvider clock)
    {
        (_store, _streams, _known, _mediator, _queue, _maxWaiting) = (store, streams, known, mediator, queue, settings.MaxQueueDepth);
        _commits = new GroupCommits<Entry>(
            database, clock, WorthAwaiting, (connection, group, ct) => Commit(connection, group, new Tries(1, IsUnclear: false), ct),
            waitInVain: (
                e => e.Committed.TrySetException(ProblemException.DatabaseAway("The database does not answer; nothing was accepted.")),
                e => e.Committed.TrySetException(JobProblems.PerhapsAccepted())));
    }

    /// <summary>Returns when <paramref name="job"/> is committed, with its place where it still waits.</summary>
    /// <exception cref="ProblemException">Others that came with it took the last places in the queue.</exception>
    public async Task<LiveJob?> Accept(JobQueued job, CancellationToken ct)
    {
        var entry = new Entry(job);
        await _commits.Add(entry, ct);
        // From here on the job may be committed, so the caller's departure no longer matters.
        return await entry.Committed.Task;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var left in await _commits.Stop(cancellationToken))
        {
            left.Committed.TrySetException(ProblemException.DatabaseAway("The gateway is stopping; nothing was accepted."));
        }
    }

    public ValueTask DisposeAsync() => _commits.DisposeAsync();

    private async Task Commit(StatementConnection connection, List<Entry> group, Tries tries, CancellationToken ct)
    {
        try
        {
            var accepted = await Save(connection, group, isNew: tries.IsFirst, ct);
            // The next group need not wait for it.
            _ = Answer(group, accepted, ct);
        }
        catch (Exception exception) when (tries.Number < MaxTries && DatabaseFailure.IsOutage(exception) && !DatabaseFailure.IsTimeout(exception))
        {
            // A connection may have been lost with a server that is back already.
            await Task.Delay(FirstPause * tries.Number, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await Commit(connection, group, tries.After(exception), ct);
        }
        catch (Exception exception) when (group.Count == 1 && DatabaseFailure.IsConflict(exception))
        {
            await Settle(group[0], exception, ct);
        }
        catch (Exception exception) when (group.Count == 1 || DatabaseFailure.IsOutage(exception) || exception is OperationCanceledException)
        {
            var told = tries.After(exception).IsUnclear ? JobProblems.PerhapsAccepted() : exception;
            group.ForEach(e => e.Committed.TrySetException(told));
        }
        catch (Exception)
        {
            // One of them cannot be committed; alone, it fails alone.
            foreach (var entry in group.ToArray())
            {
                await Commit(connection, [entry], tries, ct);
            }
        }
    }

    private async Task Answer(List<Entry> entries, IEnumerable<JobView> jobs, CancellationToken ct)
    {
        try
        {
            var places = await _queue.Places([.. jobs.Select(OpenJobs.Of)], ct);
            if (entries is [var alone] && !_commits.IsAnyWaiting)
            {
                // Nobody waits for this thread, so it may write the answer as well.
                alone.Committed.TrySetResult(places.GetValueOrDefault(alone.Job.JobId));
                return;
            }

            entries.ForEach(e => ThreadPool.UnsafeQueueUserWorkItem(
                static told => told.Entry.Committed.TrySetResult(told.Place), (Entry: e, Place: places.GetValueOrDefault(e.Job.JobId)), preferLocal: false));
        }
        catch (Exception exception)
        {
            // A fault of ours, told rather than left waiting for.
            entries.ForEach(e => e.Committed.TrySetException(exception));
        }
    }

    /// <summary>Nobody else has the job's id: a stream of that id is this job, committed by a try whose answer was lost.</summary>
    private async Task Settle(Entry entry, Exception conflict, CancellationToken ct)
    {
        try
        {
            await using var session = _store.QuerySession();
            if (await session.Events.FetchStreamStateAsync(entry.Job.JobId, ct) is null)
            {
                entry.Committed.TrySetException(conflict);
                return;
            }

            await _mediator.Publish(new JobsQueued(1, entry.Job.Priority), ct);
            await Answer([entry], [KnownJob.Of(entry.Job).View], ct);
        }
        catch (Exception exception)
        {
            entry.Committed.TrySetException(DatabaseFailure.IsOutage(exception) ? JobProblems.PerhapsAccepted() : exception);
        }
    }

    /// <param name="isNew">None of them can be committed yet, so those for which there is no room are refused.</param>
    /// <returns>What readers see of the jobs from now on.</returns>
    private async Task<IEnumerable<JobView>> Save(StatementConnection connection, List<Entry> group, bool isNew, CancellationToken ct)
    {
        using var handOff = _queue.HandOff([.. group.Select(e => e.Job)]);
        if (isNew && _queue.FullFor(group.Count) is not null)
        {
            RefuseWithoutRoom(group, handOff);
        }

        if (group.Count == 0)
        {
            return [];
        }

        var batch = new StatementBatch();
        JobQueued[] jobs = [.. group.Select(e => e.Job)];
        JobAppend[] appends = [.. jobs.Select(j => Begin(j, handOff.Submissions.GetValueOrDefault(j.JobId)))];
        await _mediator.Publish(new JobsQueuing(batch, jobs), ct);
        handOff.Claim(batch);
        var texts = _streams.Begin(batch, appends);
        await connection.Commit(batch, ct);
        Know(appends, texts);

        handOff.Start(appends.Select(a => a.After.Job));
        var waiting = jobs.Where(j => !handOff.Submissions.ContainsKey(j.JobId)).ToArray();
        if (waiting.Length > 0)
        {
            await _mediator.Publish(new JobsQueued(waiting.Length, waiting.Max(j => j.Priority)), ct);
        }

        return appends.Select(a => a.After.View);
    }

    /// <param name="texts">Those of all their events, in order.</param>
    private void Know(JobAppend[] appends, ReadOnlySpan<byte[]> texts)
    {
        foreach (var append in appends)
        {
            if (append.Events.Count == 1)
            {
                _known.Keep(append.After.Job.Id, texts[0]);
            }
            else
            {
                // A slot has it, and goes on with it at once.
                _known.Keep(append.After);
            }

            texts = texts[append.Events.Count..];
        }
    }

    /// <summary>Each found room when it was posted, but so did the others; here they come one group after the other, and each is counted before the next.</summary>
    private void RefuseWithoutRoom(List<Entry> group, IHandOff handOff)
    {
        var waiting = 0;
        foreach (var entry in group.Where(e => !handOff.Submissions.ContainsKey(e.Job.JobId)).ToArray())
        {
            if (_queue.FullFor(waiting + 1) is { } full)
            {
                group.Remove(entry);
                entry.Committed.TrySetException(JobProblems.QueueFull(_maxWaiting, full));
            }
            else
            {
                waiting++;
            }
        }
    }

    private static JobAppend Begin(JobQueued queued, JobSubmitted? submitted) => submitted is null
        ? new JobAppend([queued], KnownJob.Of(queued))
        : new JobAppend([queued, submitted], KnownJob.Of(queued).After(submitted));

    /// <param name="IsUnclear">One of those before may have committed the jobs.</param>
    private readonly record struct Tries(int Number, bool IsUnclear)
    {
        public bool IsFirst => Number == 1;

        public Tries After(Exception failure) => new(Number + 1, IsUnclear || failure is LostConnectionException);
    }

    private sealed record Entry(JobQueued Job)
    {
        /// <summary>Whoever completes it may go on with the request itself: where others wait, on a thread of its own.</summary>
        public TaskCompletionSource<LiveJob?> Committed { get; } = new();
    }
}
