using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Records what became of a run: fetches and stores the outputs, decides on another attempt. The GPU is not needed for that.</summary>
internal sealed partial class RunFinisher(
    IJobLedger ledger, OutputCollector collector, RunTimes runTimes, RetryPolicy retries, PutBack putBack, JobPlacement placement, TimeProvider clock,
    ILogger<RunFinisher> logger)
{
    private const string LeaveSlot = $"update {QueueTable.Name} set slot = null where job_id = ?";

    public async Task Finish(JobRun run, PromptEnd end, CancellationToken ct)
    {
        using var disposing = run;
        try
        {
            await Record(run, end, ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            // An accepted job ends, even where the fault is ours.
            LogBroken(logger, exception, run.Job.Id);
            await ledger.AppendToAttempt(run.Job.Id, run.PromptId, j => j.Fail(RunFailure.Internal(), clock.GetUtcNow()), alongside: null, ct);
        }
    }

    private Task Record(JobRun run, PromptEnd end, CancellationToken ct)
    {
        if (run.Refusal is { } refusal)
        {
            end = run.Intent == RunIntent.Cancel ? new PromptEnd.TakenBack() : refusal;
        }

        if (end is PromptEnd.Ended { Entry.Outcome: PromptOutcome.Succeeded } && run.StartedAt is { } start)
        {
            runTimes.Add(run, clock.GetUtcNow() - start);
        }

        return (end, run.Intent) switch
        {
            (PromptEnd.Ended { Entry: { Outcome: PromptOutcome.Succeeded } entry }, _) => Succeed(run, entry, ct),
            (PromptEnd.TakenBack, RunIntent.Cancel) => Cancel(run),
            (PromptEnd.TakenBack, _) => GiveBack(run, ct),
            (PromptEnd.Unfit, RunIntent.Cancel) => Cancel(run),
            (PromptEnd.Unfit unfit, _) => PlaceElsewhere(run, unfit, ct),
            (PromptEnd.Lost, RunIntent.Cancel) => Cancel(run),
            (PromptEnd.Lost, RunIntent.TimeOut) => Fail(run, RunFailure.TimedOut(run.Job.TimeoutMs)),
            (PromptEnd.Lost lost, _) => Fail(run, lost.Error),
            (PromptEnd.Failed failed, _) => Fail(run, failed.Error),
            (PromptEnd.Ended { Entry.Outcome: PromptOutcome.Interrupted }, RunIntent.Cancel) => Cancel(run),
            (PromptEnd.Ended { Entry.Outcome: PromptOutcome.Interrupted }, RunIntent.TimeOut) => Fail(run, RunFailure.TimedOut(run.Job.TimeoutMs)),
            (PromptEnd.Ended { Entry.Outcome: PromptOutcome.Interrupted }, _) => Fail(run, RunFailure.Interrupted()),
            (PromptEnd.Ended ended, _) => FailExecution(run, RunFailure.OfExecution(ended.Entry.Error), ct),
            _ => throw new InvalidOperationException($"A run cannot end as {end}."),
        };
    }

    private async Task Succeed(JobRun run, HistoryEntry entry, CancellationToken ct)
    {
        IReadOnlyList<JobOutput> outputs;
        try
        {
            outputs = await collector.Collect(run, entry, ct);
        }
        catch (ComfyUiException exception) when (exception.Kind == ComfyUiFailure.NotFound)
        {
            // ComfyUI answered from its cache with a file that somebody deleted: without the cache it makes the file again.
            await FreeMemory(run, unloadModels: false, ct);
            await Fail(run, RunFailure.NotStored(exception));
            return;
        }
        catch (ComfyUiException exception) when (IsAway(exception))
        {
            await Fail(run, RunFailure.NotStored(exception));
            return;
        }
        catch (Exception exception) when (exception is ComfyUiException or IOException or UnauthorizedAccessException)
        {
            // ComfyUI has the file: to make it again would be for nothing.
            await FailForGood(run, RunFailure.NotStored(exception));
            return;
        }

        await run.RecordEnd(j => j.Succeed(outputs, clock.GetUtcNow()));
        LogSucceeded(logger, run.Job.Id, run.Backend.Id, outputs.Count);
    }

    // What a proxy answers in the place of a server that is gone is no answer of ComfyUI.
    private static bool IsAway(ComfyUiException exception) =>
        exception is { Kind: ComfyUiFailure.Unreachable or ComfyUiFailure.Timeout } or { Status: 502 or 503 or 504 };

    private async Task FailExecution(JobRun run, JobError error, CancellationToken ct)
    {
        if (error.Code == RunFailure.OutOfMemory)
        {
            await FreeMemory(run, unloadModels: true, ct);
        }

        await Fail(run, error);
    }

    private async Task FreeMemory(JobRun run, bool unloadModels, CancellationToken ct)
    {
        try
        {
            await run.Backend.Client.Free(unloadModels, freeMemory: true, ct);
        }
        catch (ComfyUiException exception)
        {
            LogNotFreed(logger, run.Backend.Id, exception.Message);
        }
    }

    private async Task Fail(JobRun run, JobError error)
    {
        Action<IStatements>? alongside = null;
        await run.RecordEnd(
            j =>
            {
                var decided = retries.Decide(j, error, run.Progress);
                alongside = decided.Alongside;
                return decided.Events;
            },
            statements => alongside?.Invoke(statements));
        LogFailed(logger, run.Job.Id, error.Code, error.Message);
    }

    private async Task FailForGood(JobRun run, JobError error)
    {
        await run.RecordEnd(j => j.Fail(error, clock.GetUtcNow(), run.Progress));
        LogFailed(logger, run.Job.Id, error.Code, error.Message);
    }

    private async Task Cancel(JobRun run)
    {
        await run.RecordEnd(j => j.Cancel(clock.GetUtcNow(), run.Progress));
        LogCanceled(logger, run.Job.Id);
    }

    private Task GiveBack(JobRun run, CancellationToken ct) => putBack.Return(
        run.Job, run.Rank, "It left ComfyUI's queue before it ran.", statements => statements.Add(LeaveSlot, run.Job.Id), ct);

    private async Task PlaceElsewhere(JobRun run, PromptEnd.Unfit unfit, CancellationToken ct)
    {
        // A part of it may have run.
        await run.StopRecording();
        await placement.PlaceElsewhere(run.Job, run.Rank, run.Backend, run.Graph.Parse(), unfit.Missing, ct);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} succeeded on {Backend} with {Outputs} outputs")]
    private static partial void LogSucceeded(ILogger logger, Guid jobId, string backend, int outputs);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} did not succeed: {Code} {Reason}")]
    private static partial void LogFailed(ILogger logger, Guid jobId, string code, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId} was canceled")]
    private static partial void LogCanceled(ILogger logger, Guid jobId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ComfyUI {Backend} was not asked to free memory: {Reason}")]
    private static partial void LogNotFreed(ILogger logger, string backend, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} met an unexpected error")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);
}
