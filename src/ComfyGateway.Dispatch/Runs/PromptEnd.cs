using ComfyGateway.Jobs;
using ComfyGateway.Workflows.Contracts;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>What became of a prompt.</summary>
internal abstract record PromptEnd
{
    private PromptEnd()
    {
    }

    /// <summary>ComfyUI has it in its history.</summary>
    public sealed record Ended(HistoryEntry Entry) : PromptEnd;

    /// <summary>ComfyUI did not take it, or does not let go of it: the job fails.</summary>
    public sealed record Failed(JobError Error) : PromptEnd;

    /// <summary>ComfyUI refused it or a part of it, since it does not have what it needs; another may have.</summary>
    public sealed record Unfit(IReadOnlyList<MissingNeed> Missing) : PromptEnd;

    /// <summary>ComfyUI had it and no longer knows of it, or is away for too long.</summary>
    public sealed record Lost(JobError Error) : PromptEnd;

    /// <summary>It did not run: taken back before, and seen to be gone from the queue and not running; or lost before it can have begun.</summary>
    public sealed record TakenBack : PromptEnd;
}

/// <summary>What the gateway wants of a prompt that ComfyUI has.</summary>
internal enum RunIntent
{
    /// <summary>Its end.</summary>
    Finish,

    /// <summary>To have it back, unless it runs already.</summary>
    Recall,

    /// <summary>To stop it, since it ran too long.</summary>
    TimeOut,

    /// <summary>To stop it or have it back, since ComfyUI took only a part of it.</summary>
    Refuse,

    /// <summary>To stop it or have it back, since its owner wants no more of it.</summary>
    Cancel,
}
