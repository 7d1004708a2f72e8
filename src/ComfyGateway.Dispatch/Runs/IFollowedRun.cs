using ComfyGateway.Jobs;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Who wants to know how a prompt goes.</summary>
internal interface IFollowedRun
{
    /// <summary>When the prompt has run too long; far away before its start.</summary>
    DateTimeOffset Deadline { get; }

    /// <summary>The GPU has it. May be said more than once.</summary>
    void Started();

    /// <summary>A frame about the prompt.</summary>
    void Tell(SocketMessage message);

    /// <summary>The error for a run that passed its deadline.</summary>
    JobError TimedOut();
}
