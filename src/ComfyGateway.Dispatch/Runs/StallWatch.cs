namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// Tells when a server that answers does not execute. A ComfyUI whose worker thread died answers every question and takes every prompt;
/// one prompt stays "running" for ever, the others wait for ever.
/// </summary>
/// <param name="longestRun">A prompt of somebody else that runs for longer is taken to hang.</param>
internal sealed class StallWatch(TimeSpan longestRun, TimeProvider clock)
{
    // Between two prompts the worker may collect garbage or free memory, but for no longer than this.
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(15);

    private const string DeadWorker = "it takes prompts and executes none, as one whose worker thread has died; restart it";

    private string _before = "";
    private DateTimeOffset? _since;
    private DateTimeOffset? _runsSince;
    private DateTimeOffset _waitedAt;

    /// <summary>Looks at where the prompt is. The reason to give up the server, or null.</summary>
    public string? Sees(PromptPlace place, JobRun run) => place switch
    {
        PromptPlace.Pending pending => SeesWaiting(pending, run),
        PromptPlace.Running => SeesSilence(run) ? DeadWorker : null,
        _ => null,
    };

    private string? SeesWaiting(PromptPlace.Pending pending, JobRun run)
    {
        _waitedAt = clock.GetUtcNow();
        var before = string.Join(' ', pending.Before);
        if (_since is null || before != _before)
        {
            (_before, _since) = (before, clock.GetUtcNow());
        }

        var waited = clock.GetUtcNow() - _since;
        return before.Length == 0
            ? waited > LongestRest ? DeadWorker : null
            : waited > longestRun && !pending.Before.Any(run.Backend.Follows) ? "a prompt of somebody else hangs in it; look at it, and restart it" : null;
    }

    /// <summary>
    /// The first thing that a worker does with a prompt is to tell of it, on a socket that was open and told that the queue has changed. Where
    /// that was not told either, another client that does not read holds up the frames of all.
    /// </summary>
    private bool SeesSilence(JobRun run)
    {
        _runsSince ??= clock.GetUtcNow();
        return !run.WasHeardOf && clock.GetUtcNow() - _runsSince > LongestRest && run.SentAt is { } sent && run.Backend.HeardSince(sent > _waitedAt ? sent : _waitedAt);
    }
}
