using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Makes a claimed job ready to be sent: records the prompt id that will be used, before anything is sent, renders the graph, and brings the files.
/// </summary>
internal sealed partial class RunPreparer(
    IJobLedger ledger, JobGraphs graphs, JobPlacement placement, ActiveRuns runs, ProgressBoard board, RemoteRuns elsewhere, TimeProvider clock,
    ILogger<RunPreparer> logger)
{
    /// <summary>
    /// For a job that was just claimed, so that no other prompt of it can be anywhere. Null where it came to its end instead, or to another
    /// slot since a crash of PostgreSQL had forgotten the claim.
    /// </summary>
    public async Task<JobRun?> Prepare(Backend backend, ClaimedJob claimed, CancellationToken ct)
    {
        var promptId = OrderedIds.New(clock.GetUtcNow()).ToString();
        var slot = claimed.Slot.ToString();
        try
        {
            var job = await ledger.Append(
                claimed.JobId,
                j => j.Submit(backend.Id, promptId, clock.GetUtcNow()),
                statements => statements.Add(JobClaims.Keep, slot, claimed.JobId, slot),
                ct);
            return job.IsFinished ? null : await Make(backend, job, claimed.Rank, isNew: true, ct);
        }
        catch (Exception exception) when (JobClaims.IsLost(exception))
        {
            LogNotOurs(logger, claimed.JobId, slot);
            return null;
        }
    }

    /// <summary>For a job whose acceptance recorded this backend's prompt. Null where it came to its end instead.</summary>
    public Task<JobRun?> TakeGiven(Backend backend, Job job, int rank, CancellationToken ct) => Make(backend, job, rank, isNew: true, ct);

    /// <summary>For a job that this slot had already: it keeps the prompt that it may have. Null where it came to its end.</summary>
    public async Task<JobRun?> TakeUp(Backend backend, ClaimedJob held, CancellationToken ct)
    {
        var job = await ledger.Find(held.JobId, ct);
        return job switch
        {
            null or { IsFinished: true } => null,
            { PromptId: not null } when job.Backend == backend.Id => await Make(backend, job, held.Rank, isNew: false, ct),
            _ => await Prepare(backend, held, ct),
        };
    }

    /// <param name="isNew">ComfyUI cannot have it yet.</param>
    private async Task<JobRun?> Make(Backend backend, Job job, int rank, bool isNew, CancellationToken ct)
    {
        using var preparation = runs.Prepare(job);
        try
        {
            var graph = await graphs.Render(job, ct);
            var nodes = graph.Parse();
            if (isNew && await placement.Missing(backend, nodes, ct) is { Count: > 0 } missing)
            {
                await placement.PlaceElsewhere(job, rank, backend, nodes, missing, ct);
                return null;
            }

            await BringFiles(backend, job, preparation.Canceled, ct);
            var shape = GraphShape.Of(nodes);
            // Another gateway may have followed it before, and clients have been told how far it was.
            var progress = new RunProgress(job.PromptId!, shape, job.FinishedNodes, elsewhere.Reached(job.Id, job.PromptId!));
            var run = new JobRun(job, rank, backend, job.PromptId!, graph, board.Begin(job.Id, progress), shape, new RunRecords(ledger, board, clock, ct));
            runs.Add(run, preparation);
            return run;
        }
        catch (Exception exception) when (!DatabaseFailure.IsOutage(exception) && (exception is not OperationCanceledException || !ct.IsCancellationRequested))
        {
            LogBroken(logger, exception, job.Id);
            var error = exception is ProblemException problem ? RunFailure.CannotRender(problem.Message) : RunFailure.Internal();
            await ledger.AppendToAttempt(job.Id, job.PromptId, j => j.Fail(error, clock.GetUtcNow()), alongside: null, ct);
            return null;
        }
    }

    /// <summary>For as long as somebody wants the job: that can take minutes, and a run that is to be canceled is never sent.</summary>
    private async Task BringFiles(Backend backend, Job job, CancellationToken canceled, CancellationToken ct)
    {
        if (job.Files.Count == 0)
        {
            return;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(canceled, ct);
        try
        {
            await graphs.BringFiles(backend, job, either.Token);
        }
        catch (OperationCanceledException) when (canceled.IsCancellationRequested && !ct.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job {JobId} is no longer with slot {Slot}: its claim was forgotten, or it has ended")]
    private static partial void LogNotOurs(ILogger logger, Guid jobId, string slot);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} cannot be prepared")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);
}
