using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Contracts;
using ComfyUi.Client;
using Marten;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Carries a claimed job through ComfyUI.
///  1. Render the graph.
///  2. Record the prompt id that will be used, then send the prompt under it. After a crash the record says where to look:
///     a job that has a prompt already is looked for on its backend before anything is sent.
///  3. Follow the prompt until history has its end. Here the GPU is free again and the slot goes on.
///  4. Meanwhile: fetch and store the outputs, and record the end.
/// </summary>
internal sealed partial class JobRunner(
    IJobLedger ledger, IWorkflowCatalog workflows, PromptLocator locator, PromptSubmitter submitter, PromptFollower follower,
    OutputCollector collector, ProgressBoard board, RunTimes runTimes, RetryPolicy retries, TimeProvider clock, ILogger<JobRunner> logger)
{
    /// <summary>Returns when the GPU has done with the job; the task inside ends with the job's record.</summary>
    public async Task<Task> Run(Backend backend, Guid jobId, CancellationToken ct)
    {
        var job = await ledger.Find(jobId, ct);
        if (job is null or { IsFinished: true })
        {
            return Task.CompletedTask;
        }

        using var scope = logger.BeginScope(new Dictionary<string, object> { ["JobId"] = jobId, ["CorrelationId"] = job.CorrelationId });
        try
        {
            return await Run(backend, job, ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            await Break(jobId, exception, ct);
            return Task.CompletedTask;
        }
    }

    /// <summary>An accepted job ends, even where the fault is ours.</summary>
    private async Task Break(Guid jobId, Exception exception, CancellationToken ct)
    {
        LogBroken(logger, exception, jobId);
        var error = exception is ProblemException problem ? RunFailure.CannotRender(problem.Message) : RunFailure.Internal();
        await End(jobId, j => j.Fail(error, clock.GetUtcNow()), ct);
        board.End(jobId);
    }

    private async Task<Task> Run(Backend backend, Job job, CancellationToken ct)
    {
        var graph = await Render(job, ct);
        var shape = GraphShape.Of(graph);
        var isResumed = job.PromptId is not null && job.Backend == backend.Id;
        var promptId = isResumed ? job.PromptId! : Guid.CreateVersion7(clock.GetUtcNow()).ToString();

        using var watch = backend.Watch(promptId);
        var run = new JobRun(job, board.Begin(job.Id, shape), shape, ledger, clock, ct);
        var end = isResumed ? await Resume(backend, job, promptId, ct) : null;
        if (end is null && !isResumed)
        {
            await ledger.Append(job.Id, j => j.Submit(backend.Id, promptId, clock.GetUtcNow()), alongside: null, ct);
        }

        if (end is null && !await IsKnown(backend, promptId, isResumed, ct))
        {
            end = await submitter.Submit(backend, promptId, graph, ct);
        }

        end ??= await follower.Follow(backend, watch, run, ct);
        return Finish(backend, job, run, end, ct);
    }

    /// <summary>The end of a prompt of an earlier process, or null where it is pending, running or was never sent.</summary>
    private async Task<PromptEnd?> Resume(Backend backend, Job job, string promptId, CancellationToken ct)
    {
        LogResumed(logger, job.Id, promptId, backend.Id);
        return await locator.LocateForCertain(backend, promptId, ct) switch
        {
            PromptPlace.Ended ended => new PromptEnd.Ended(ended.Entry),
            PromptPlace.Nowhere when job.StartedAt is not null => new PromptEnd.Lost(),
            _ => null,
        };
    }

    private async Task<bool> IsKnown(Backend backend, string promptId, bool isResumed, CancellationToken ct) =>
        isResumed && await locator.LocateForCertain(backend, promptId, ct) is not PromptPlace.Nowhere;

    private async Task<ReadOnlyMemory<byte>> Render(Job job, CancellationToken ct) => job.WorkflowId is { } workflowId
        ? await workflows.Render(workflowId, job.WorkflowVersion, job.Inputs, ct)
        : workflows.RenderInline(job.InlineWorkflow!.Parse(), job.Inputs);

    private async Task Finish(Backend backend, Job job, JobRun run, PromptEnd end, CancellationToken ct)
    {
        try
        {
            if (run.StartedAt is { } start)
            {
                runTimes.Add(clock.GetUtcNow() - start);
            }

            await Record(backend, job, run, end, ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            await Break(job.Id, exception, ct);
        }
        finally
        {
            board.End(job.Id);
        }
    }

    private Task Record(Backend backend, Job job, JobRun run, PromptEnd end, CancellationToken ct) => end switch
    {
        PromptEnd.Ended { Entry: { Outcome: PromptOutcome.Succeeded } entry } => Succeed(backend, job, run, entry, ct),
        PromptEnd.Ended { Entry.Outcome: PromptOutcome.Interrupted } => Fail(job, run, RunFailure.Interrupted(), ct),
        PromptEnd.Ended ended => Fail(job, run, RunFailure.OfExecution(ended.Entry.Error), ct),
        PromptEnd.Failed failed => Fail(job, run, failed.Error, ct),
        _ => Fail(job, run, RunFailure.Lost(backend.Id), ct),
    };

    private async Task Succeed(Backend backend, Job job, JobRun run, HistoryEntry entry, CancellationToken ct)
    {
        IReadOnlyList<JobOutput> outputs;
        try
        {
            outputs = await collector.Collect(backend, job.Id, entry, ct);
        }
        catch (Exception exception) when (exception is ComfyUiException or IOException or Polly.Timeout.TimeoutRejectedException)
        {
            await Fail(job, run, RunFailure.NotStored(exception.Message), ct);
            return;
        }

        var before = await run.Unrecorded();
        await End(job.Id, j => [.. before, .. j.Succeed(outputs, clock.GetUtcNow())], ct);
        LogSucceeded(logger, job.Id, backend.Id, outputs.Count);
    }

    private async Task Fail(Job job, JobRun run, JobError error, CancellationToken ct)
    {
        var before = await run.Unrecorded();
        Action<IDocumentSession>? alongside = null;
        await ledger.Append(
            job.Id,
            j =>
            {
                var decided = retries.Decide(j, error);
                alongside = decided.Alongside;
                return [.. before, .. decided.Events];
            },
            session => alongside?.Invoke(session),
            ct);
        LogFailed(logger, job.Id, error.Code, error.Message);
    }

    private Task<Job> End(Guid jobId, Func<Job, IEnumerable<object>> decide, CancellationToken ct) => ledger.Append(jobId, decide, alongside: null, ct);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} met an unexpected error")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}: looking for prompt {PromptId} on {Backend}")]
    private static partial void LogResumed(ILogger logger, Guid jobId, string promptId, string backend);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} succeeded on {Backend} with {Outputs} outputs")]
    private static partial void LogSucceeded(ILogger logger, Guid jobId, string backend, int outputs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} did not succeed: {Code} {Reason}")]
    private static partial void LogFailed(ILogger logger, Guid jobId, string code, string reason);
}
