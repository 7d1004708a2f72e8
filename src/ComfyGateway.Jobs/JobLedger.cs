using System.Threading.Channels;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Problems;
using Marten;
using MediatR;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Jobs;

/// <summary>
/// Appends to the streams of jobs, in groups: what is asked for while one commit is under way goes into the next together. A job's
/// appends keep their order, since each job belongs to one of the writers.
/// </summary>
internal sealed partial class JobLedger(IDocumentStore store, IMediator mediator, JobChanges changes, TimeProvider clock, ILogger<JobLedger> logger)
    : BackgroundService, IJobLedger
{
    private const int Writers = 2;
    private const int MaxGroup = 64;
    private const string Actor = "gateway";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Channel<Entry>[] _entries = [.. Enumerable.Range(0, Writers).Select(_ => Channel.CreateUnbounded<Entry>(new() { SingleReader = true }))];

    public async Task<Job?> Find(Guid jobId, CancellationToken ct)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            try
            {
                await using var session = store.LightweightSession();
                return await session.Events.FetchLatest<Job>(jobId, ct);
            }
            catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
            {
                LogRetry(logger, 1, exception.Message);
                await Task.Delay(pause, clock, ct);
            }
        }
    }

    public async Task<Job> Append(Guid jobId, Func<Job, IEnumerable<object>> decide, Action<IDocumentSession>? alongside, CancellationToken ct)
    {
        var entry = new Entry(jobId, decide, alongside, new TaskCompletionSource<Job>(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_entries[(uint)jobId.GetHashCode() % Writers].Writer.TryWrite(entry))
        {
            throw new OperationCanceledException("The gateway is stopping.");
        }

        return await entry.Done.Task.WaitAsync(ct);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_entries.Select(e => Write(e.Reader, stoppingToken)));

    /// <summary>What was asked for before the stop is still committed, if the database lets it be.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var entries in _entries)
        {
            entries.Writer.TryComplete();
        }

        await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await base.StopAsync(cancellationToken);
        foreach (var entries in _entries)
        {
            while (entries.Reader.TryRead(out var left))
            {
                left.Done.TrySetCanceled(CancellationToken.None);
            }
        }
    }

    private async Task Write(ChannelReader<Entry> entries, CancellationToken ct)
    {
        var group = new List<Entry>(MaxGroup);
        while (await entries.WaitToReadAsync(ct))
        {
            group.Clear();
            while (group.Count < MaxGroup && entries.TryRead(out var entry))
            {
                group.Add(entry);
            }

            try
            {
                await Commit(group, ct);
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                group.ForEach(e => e.Done.TrySetCanceled(CancellationToken.None));
            }
        }
    }

    private async Task Commit(List<Entry> group, CancellationToken ct)
    {
        var pause = FirstPause;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Save(group, ct);
                return;
            }
            catch (Exception exception) when (DatabaseFailure.IsOutage(exception) || (DatabaseFailure.IsConflict(exception) && IsOneJob(group)))
            {
                LogRetry(logger, attempt, exception.Message);
                await Task.Delay(pause, clock, ct);
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
                LogRetry(logger, attempt, exception.Message);
                foreach (var entry in group.ToArray())
                {
                    await Commit([entry], ct);
                }

                return;
            }
        }
    }

    private async Task Save(List<Entry> group, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        var streams = (await session.Events.FetchManyForWriting<Job>([.. group.Select(e => e.JobId).Distinct()], ct)).ToDictionary(s => s.Id);
        var jobs = new Dictionary<Guid, Job>(streams.Count);
        var results = new Job[group.Count];
        for (var i = 0; i < group.Count; i++)
        {
            var entry = group[i];
            var stream = streams[entry.JobId];
            var job = jobs.GetValueOrDefault(entry.JobId) ?? stream.Aggregate ?? throw JobProblems.NotFound(entry.JobId.ToString());
            foreach (var decided in entry.Decide(job).ToArray())
            {
                if (decided is JobSucceeded or JobFailed or JobCanceled)
                {
                    await mediator.Publish(new JobEnding(session, job, decided), ct);
                }

                var e = session.Events.BuildEvent(decided);
                (e.CorrelationId, e.UserName) = (job.CorrelationId, Actor);
                stream.AppendOne(e);
                job = job.After(decided);
            }

            entry.Alongside?.Invoke(session);
            results[i] = jobs[entry.JobId] = job;
        }

        await session.SaveChangesAsync(ct);
        for (var i = 0; i < group.Count; i++)
        {
            changes.Raise(group[i].JobId);
            group[i].Done.TrySetResult(results[i]);
        }
    }

    private static bool IsOneJob(List<Entry> group) => group.TrueForAll(e => e.JobId == group[0].JobId);

    private static TimeSpan Longer(TimeSpan pause) => pause * 2 < LongestPause ? pause * 2 : LongestPause;

    [LoggerMessage(Level = LogLevel.Debug, Message = "Appending to jobs again (try {Attempt}): {Reason}")]
    private static partial void LogRetry(ILogger logger, int attempt, string reason);

    private sealed record Entry(Guid JobId, Func<Job, IEnumerable<object>> Decide, Action<IDocumentSession>? Alongside, TaskCompletionSource<Job> Done);
}
