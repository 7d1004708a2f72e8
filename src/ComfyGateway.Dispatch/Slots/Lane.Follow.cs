using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Dispatch.Slots;

/// <content>What becomes of a prompt once ComfyUI has it.</content>
internal sealed partial class Lane
{
    private void Follow(JobRun run)
    {
        _runs.AddSent(run);
        // The next may be sent while history is asked for this one's end.
        run.Through += _wake.Raise;
        _runs.AddFollowing(FollowToEnd(run));
    }

    private async Task FollowToEnd(JobRun run)
    {
        try
        {
            End(run, await parts.Follower.Follow(run, _ending.Token));
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            Leave(run);
        }
        catch (Exception exception)
        {
            LogBroken(logger, exception, run.Job.Id);
            End(run, new PromptEnd.Failed(RunFailure.Internal()));
        }
    }

    /// <summary>The GPU has done with it: the lane goes on, and what is left of the run is done beside it.</summary>
    private void End(JobRun run, PromptEnd end)
    {
        parts.Runs.Remove(run);
        run.Leave(isLost: end is PromptEnd.Lost);
        backend.Ended(run.PromptId, end);
        _runs.EndSent(run, () => Finish(run, end), _wake.Raise);
        _wake.Raise();
    }

    private async Task Finish(JobRun run, PromptEnd end)
    {
        try
        {
            await parts.Finisher.Finish(run, end, _ending.Token);
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            // The next runner of the slot takes it up.
        }
        catch (Exception exception)
        {
            LogStuck(logger, exception, _slot);
        }
    }
}
