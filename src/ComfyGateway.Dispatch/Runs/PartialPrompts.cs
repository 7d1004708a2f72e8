namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Finds out prompts of which ComfyUI took only a part, where its answer that says so was lost: what it has queued or has run tells which
/// outputs that were, and what it has of node classes which there should have been.
/// </summary>
internal sealed class PartialPrompts(JobPlacement placement)
{
    /// <summary>Refuses the run where <paramref name="place"/> shows that ComfyUI has only a part of it.</summary>
    /// <exception cref="ComfyUi.Client.ComfyUiException">It looks so, and there is no answer that would make it certain.</exception>
    public async Task Check(JobRun run, PromptPlace place, CancellationToken ct)
    {
        if (run.IsWhole || run.Refusal is not null || place is PromptPlace.Nowhere)
        {
            return;
        }

        // Where it does not tell, the prompt is taken to be whole: no good job is to fail for that.
        if (place.OutputNodes is { Count: > 0 } outputs && await LeftOut(run, outputs, ct) is { Count: > 0 } leftOut)
        {
            run.Refuse(await placement.Refusal(run, RunFailure.OfLeftOut(leftOut), ct));
        }
        else
        {
            run.IsWhole = true;
        }
    }

    private static async Task<IReadOnlyList<(string Id, string Type)>> LeftOut(JobRun run, IReadOnlyList<string> outputs, CancellationToken ct)
    {
        var known = await run.Backend.Probe.Inventory(TimeSpan.MaxValue, ct);
        // Before it is held against the job, the server is asked anew: it may have been restarted with other nodes.
        return run.Graph.LeftOut(known.Nodes!, outputs) is { Count: > 0 }
            ? run.Graph.LeftOut((await run.Backend.Probe.Inventory(JobPlacement.Fresh, ct)).Nodes!, outputs)
            : [];
    }
}
