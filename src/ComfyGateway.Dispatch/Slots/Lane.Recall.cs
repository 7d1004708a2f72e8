using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Dispatch.Slots;

/// <content>When jobs that this lane has and does not run yet go back to the queue.</content>
internal sealed partial class Lane
{
    /// <summary>A job came that goes before what is prepared or behind the running prompt.</summary>
    private void Overtake(int rank)
    {
        InterlockedMin(ref _bestRank, rank);
        _runs.RecallBehind(run => run.Rank > rank);
    }

    private void GiveToIdle(Slot idle)
    {
        var given = parts.Idle.GiveBackFor(idle, parts.Signal);
        if (idle != _slot && _runs.RecallBehind(run => parts.Placement.Fits(run.Graph, idle.Backend)))
        {
            // This lane would as a rule be the faster to claim it, and the other be idle on.
            _givenBack = given;
        }
    }

    /// <summary>A backend that is away keeps what it has, since it may come back; one that is to do no more keeps only what runs.</summary>
    private void GiveUpWhatCannotRun()
    {
        if (!Takes(_runs.Sent))
        {
            GiveBackPrepared(_ => true);
        }

        if (IsClosing || backend.Mode != BackendMode.Active || !backend.Circuit.IsClosed)
        {
            _runs.RecallBehind(_ => true);
        }
    }

    /// <summary>Not while the slot may be another's: its lane has the same jobs, and may have sent them.</summary>
    private void GiveBackPrepared(Func<JobRun, bool> which)
    {
        foreach (var run in held.IsCertain ? _runs.TakePrepared(which) : [])
        {
            End(run, new PromptEnd.TakenBack());
        }
    }

    private static void InterlockedMin(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value < seen; seen = Volatile.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
            {
                return;
            }
        }
    }
}
