using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Problems;
using JasperFx;
using Marten;
using MediatR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace ComfyGateway.Jobs;

internal sealed partial class JobLedger : IJobLedger
{
    private readonly IDocumentStore _store;
    private readonly IMediator _mediator;
    private readonly ResiliencePipeline _untilDone;

    public JobLedger(IDocumentStore store, IMediator mediator, TimeProvider clock, ILogger<JobLedger> logger)
    {
        _store = store;
        _mediator = mediator;
        _untilDone = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<ConcurrencyException>().Handle<Exception>(DatabaseFailure.IsOutage),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                Delay = TimeSpan.FromMilliseconds(20),
                MaxDelay = TimeSpan.FromSeconds(5),
                UseJitter = true,
                OnRetry = retry =>
                {
                    LogRetry(logger, retry.AttemptNumber + 1, retry.Outcome.Exception!.Message);
                    return default;
                },
            })
            .Build();
    }

    public async Task<Job?> Find(Guid jobId, CancellationToken ct) =>
        await _untilDone.ExecuteAsync(async token =>
        {
            await using var session = _store.LightweightSession();
            return await session.Events.FetchLatest<Job>(jobId, token);
        }, ct);

    public async Task<Job> Append(Guid jobId, Func<Job, IEnumerable<object>> decide, Action<IDocumentSession>? alongside, CancellationToken ct) =>
        await _untilDone.ExecuteAsync(async token => await TryAppend(jobId, decide, alongside, token), ct);

    private async Task<Job> TryAppend(Guid jobId, Func<Job, IEnumerable<object>> decide, Action<IDocumentSession>? alongside, CancellationToken ct)
    {
        await using var session = _store.LightweightSession();
        var stream = await session.Events.FetchForWriting<Job>(jobId, ct);
        var job = stream.Aggregate ?? throw JobProblems.NotFound(jobId.ToString());
        session.CorrelationId = job.CorrelationId;
        session.LastModifiedBy = "gateway";

        var events = decide(job).ToArray();
        stream.AppendMany(events);
        alongside?.Invoke(session);
        if (events is [.., JobSucceeded or JobFailed or JobCanceled])
        {
            await _mediator.Publish(new JobEnding(session, job, events[^1]), ct);
        }

        await session.SaveChangesAsync(ct);
        return events.Aggregate(job, Evolve);
    }

    private static Job Evolve(Job job, object e) => e switch
    {
        JobSubmitted submitted => job.Apply(submitted),
        JobStarted started => job.Apply(started),
        JobRequeued requeued => job.Apply(requeued),
        JobCancelRequested requested => job.Apply(requested),
        JobSucceeded succeeded => job.Apply(succeeded),
        JobFailed failed => job.Apply(failed),
        JobCanceled canceled => job.Apply(canceled),
        _ => job,
    };

    [LoggerMessage(Level = LogLevel.Debug, Message = "Appending to a job again (try {Attempt}): {Reason}")]
    private static partial void LogRetry(ILogger logger, int attempt, string reason);
}
