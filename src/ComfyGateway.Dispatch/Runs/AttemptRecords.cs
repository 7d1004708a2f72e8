using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>What is recorded of one attempt at a job.</summary>
internal static class AttemptRecords
{
    /// <summary>
    /// Appends only while the job is open and has this prompt. An append that was committed though its answer was lost is decided again, and a gateway that
    /// stood still may have lost the job to another: there must be nothing left to tell then, and the job be left where it is now.
    /// </summary>
    /// <param name="alongside">Goes with it, or not at all.</param>
    public static Task<Job> AppendToAttempt(
        this IJobLedger ledger, Guid jobId, string? promptId, Func<Job, IEnumerable<object>> decide, Action<IStatements>? alongside, CancellationToken ct)
    {
        var isOpen = false;
        return ledger.Append(
            jobId,
            job =>
            {
                isOpen = job.PromptId == promptId && !job.IsFinished;
                return isOpen ? decide(job) : [];
            },
            statements =>
            {
                if (isOpen)
                {
                    alongside?.Invoke(statements);
                }
            },
            ct);
    }
}
