using ComfyGateway.Jobs;
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

    /// <summary>ComfyUI did not take it, or it ran too long: the job fails.</summary>
    public sealed record Failed(JobError Error) : PromptEnd;

    /// <summary>ComfyUI had it and no longer knows of it: it was restarted.</summary>
    public sealed record Lost : PromptEnd;
}
