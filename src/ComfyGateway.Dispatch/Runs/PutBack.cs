using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Gives a job that a slot has, and that did not run, back to the queue.</summary>
internal sealed class PutBack(IJobLedger ledger, QueueSignal signal, TimeProvider clock)
{
    /// <summary>The job waits again, in the place that it was claimed from, or, where it went before its turn, of the first that it passed over; or ends where somebody asked for that meanwhile.</summary>
    /// <param name="job">As the slot has it: where it has another prompt meanwhile, or none, it is left where it is.</param>
    /// <param name="leaveSlot">Takes the job from its slot, in the transaction that says so.</param>
    public async Task Return(Job job, int rank, string reason, Action<IStatements> leaveSlot, CancellationToken ct)
    {
        var left = await ledger.AppendToAttempt(
            job.Id, job.PromptId, j => j.IsCancelRequested ? j.Cancel(clock.GetUtcNow()) : j.Recall(reason, clock.GetUtcNow()), leaveSlot, ct);
        if (left is { IsFinished: false, PromptId: null })
        {
            // What was taken before its turn, since it had waited for so long, waits at its old place again: nobody makes room for it there.
            signal.Raise(rank == JobClaims.BeforeAll ? int.MaxValue : rank, came: 1);
        }
    }
}
