namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Gets a prompt out of ComfyUI's hands: deletes it from the queue, interrupts it where it runs, and looks what came of it. Only by
/// its id, so no other prompt is touched; one call is one try.
/// </summary>
internal sealed class PromptTaker(PartialPrompts partial, TimeProvider clock)
{
    // A node that reports no progress sees an interrupt only when it ends, and a worker thread that died never does.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    /// <summary>How the prompt ended or that it is back, or null where it is not decided yet.</summary>
    public async Task<PromptEnd?> TakeBack(JobRun run, CancellationToken ct)
    {
        await run.Backend.Client.DeleteFromQueue([run.PromptId], ct);
        var place = await PromptLocator.Locate(run.Backend, run.PromptId, ct);
        await partial.Check(run, place, ct);
        switch (place)
        {
            case PromptPlace.Ended ended:
                return new PromptEnd.Ended(ended.Entry);
            case PromptPlace.Nowhere when run.StartedAt is null:
                return new PromptEnd.TakenBack();
            case PromptPlace.Nowhere:
                return new PromptEnd.Lost(RunFailure.Lost(run.Backend.Id));
            case PromptPlace.Running when run.Intent == RunIntent.Recall:
                run.Started();
                run.RecallCameTooLate();
                return null;
            case PromptPlace.Running:
                run.Started();
                await run.Backend.Client.Interrupt(run.PromptId, ct);
                return clock.GetUtcNow() - run.IntendedAt > Patience ? GiveUp(run) : null;
            default:
                return null;
        }
    }

    private static PromptEnd.Lost GiveUp(JobRun run)
    {
        run.Backend.Probe.Abandon(run.PromptId);
        run.Backend.Trip("it did not let go of a prompt that was to be stopped; look whether it hangs, and restart it");
        return new PromptEnd.Lost(RunFailure.Deaf(run.Backend.Id));
    }
}
