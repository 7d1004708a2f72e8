using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Gives a job that a slot has, and that did not run, back to the queue.</summary>
internal sealed class PutBack(IJobLedger ledger, QueueSignal signal, TimeProvider clock)
{
    /// <summary>The job waits again, in the place that it was claimed from, or, where it went before its turn, of the first that it passed over; or ends where somebody asked for that meanwhile.</summary>
    /// <param name="leaveSlot">Takes the job from its slot, in the transaction that says so.</param>
    public async Task Return(Guid jobId, int rank, string reason, Action<IStatements> leaveSlot, CancellationToken ct)
    {
        var job = await ledger.Append(
            jobId, j => j.IsCancelRequested ? j.Cancel(clock.GetUtcNow()) : j.Recall(reason, clock.GetUtcNow()), leaveSlot, ct);
        if (!job.IsFinished)
        {
            signal.Raise(rank, came: 1);
        }
    }
}
