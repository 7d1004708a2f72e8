using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Contracts;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Makes a claimed job ready to be sent: renders its graph and records the prompt id that will be used, before anything is sent. A job
/// that has a prompt on this backend already keeps it: it may be there.
/// </summary>
internal sealed partial class RunPreparer(IJobLedger ledger, IWorkflowCatalog workflows, ProgressBoard board, TimeProvider clock, ILogger<RunPreparer> logger)
{
    /// <summary>Null where the job came to its end instead.</summary>
    public async Task<JobRun?> Prepare(Backend backend, ClaimedJob claimed, CancellationToken ct)
    {
        var job = await ledger.Find(claimed.JobId, ct);
        if (job is null or { IsFinished: true })
        {
            return null;
        }

        try
        {
            return await Prepare(backend, job, claimed.Rank, ct);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            LogBroken(logger, exception, job.Id);
            var error = exception is ProblemException problem ? RunFailure.CannotRender(problem.Message) : RunFailure.Internal();
            await ledger.Append(job.Id, j => j.Fail(error, clock.GetUtcNow()), alongside: null, ct);
            return null;
        }
    }

    private async Task<JobRun> Prepare(Backend backend, Job job, int rank, CancellationToken ct)
    {
        var graph = await Render(job, ct);
        var shape = GraphShape.Of(graph);
        if (job.PromptId is null || job.Backend != backend.Id)
        {
            var promptId = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
            job = await ledger.Append(job.Id, j => j.Submit(backend.Id, promptId, clock.GetUtcNow()), alongside: null, ct);
        }

        var run = new JobRun(
            job, rank, backend, job.PromptId!, graph, board.Begin(job.Id, shape), shape, new RunRecords(ledger, board, clock, ct));
        if (job.IsCancelRequested)
        {
            run.Want(RunIntent.Cancel);
        }

        return run;
    }

    private async Task<ReadOnlyMemory<byte>> Render(Job job, CancellationToken ct) => job.WorkflowId is { } workflowId
        ? await workflows.Render(workflowId, job.WorkflowVersion, job.Inputs, ct)
        : workflows.RenderInline(job.InlineWorkflow!.Parse(), job.Inputs);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} cannot be prepared")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);
}
