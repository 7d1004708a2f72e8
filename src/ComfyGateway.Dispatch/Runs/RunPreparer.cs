using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Makes a claimed job ready to be sent: records the prompt id that will be used, before anything is sent, and renders the graph.
/// </summary>
internal sealed partial class RunPreparer(IJobLedger ledger, JobGraphs graphs, ProgressBoard board, TimeProvider clock, ILogger<RunPreparer> logger)
{
    /// <summary>For a job that was just claimed, so that no other prompt of it can be anywhere. Null where it came to its end instead.</summary>
    public async Task<JobRun?> Prepare(Backend backend, ClaimedJob claimed, CancellationToken ct)
    {
        var promptId = Guid.CreateVersion7(clock.GetUtcNow()).ToString();
        var job = await ledger.Append(claimed.JobId, j => j.Submit(backend.Id, promptId, clock.GetUtcNow()), alongside: null, ct);
        return job.IsFinished ? null : await Make(backend, job, claimed.Rank, ct);
    }

    /// <summary>For a job that this slot had already: it keeps the prompt that it may have. Null where it came to its end.</summary>
    public async Task<JobRun?> TakeUp(Backend backend, ClaimedJob held, CancellationToken ct)
    {
        var job = await ledger.Find(held.JobId, ct);
        return job switch
        {
            null or { IsFinished: true } => null,
            { PromptId: not null } when job.Backend == backend.Id => await Make(backend, job, held.Rank, ct),
            _ => await Prepare(backend, held, ct),
        };
    }

    private async Task<JobRun?> Make(Backend backend, Job job, int rank, CancellationToken ct)
    {
        try
        {
            var graph = await graphs.Make(backend, job, ct);
            var shape = GraphShape.Of(graph);
            var run = new JobRun(
                job, rank, backend, job.PromptId!, graph, board.Begin(job.Id, shape), shape, new RunRecords(ledger, board, clock, ct));
            if (job.IsCancelRequested)
            {
                run.Want(RunIntent.Cancel);
            }

            return run;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
        {
            LogBroken(logger, exception, job.Id);
            var error = exception is ProblemException problem ? RunFailure.CannotRender(problem.Message) : RunFailure.Internal();
            await ledger.Append(job.Id, j => j.Fail(error, clock.GetUtcNow()), alongside: null, ct);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} cannot be prepared")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);
}
