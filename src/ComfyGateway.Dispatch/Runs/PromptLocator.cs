using ComfyGateway.Dispatch.Backends;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Where a prompt is.</summary>
internal abstract record PromptPlace
{
    private PromptPlace()
    {
    }

    /// <summary>The output nodes that ComfyUI runs of it; empty where it does not tell.</summary>
    public virtual IReadOnlyList<string> OutputNodes => [];

    /// <summary>In ComfyUI's queue, or running.</summary>
    public abstract record Queued(QueuedPrompt Prompt) : PromptPlace
    {
        /// <summary>The socket that hears of it.</summary>
        public string? ClientId => Prompt.ClientId;

        public override IReadOnlyList<string> OutputNodes => Prompt.OutputNodes;
    }

    /// <param name="Prompt">As it waits.</param>
    /// <param name="Before">The prompts that run meanwhile.</param>
    public sealed record Pending(QueuedPrompt Prompt, IReadOnlyList<string> Before) : Queued(Prompt);

    public sealed record Running(QueuedPrompt Prompt) : Queued(Prompt);

    public sealed record Ended(HistoryEntry Entry) : PromptPlace
    {
        public override IReadOnlyList<string> OutputNodes => Entry.OutputNodes;
    }

    public sealed record Nowhere : PromptPlace;
}

/// <summary>Asks ComfyUI where a prompt is.</summary>
internal static class PromptLocator
{
    /// <exception cref="ComfyUiException">There is no answer.</exception>
    public static async Task<PromptPlace> Locate(Backend backend, string promptId, CancellationToken ct)
    {
        if (await backend.Client.GetHistory(promptId, ct) is { } entry)
        {
            return new PromptPlace.Ended(entry);
        }

        var queue = await backend.Client.GetQueue(ct);
        if (queue.Running.FirstOrDefault(p => p.PromptId == promptId) is { } running)
        {
            return new PromptPlace.Running(running);
        }

        if (queue.Pending.FirstOrDefault(p => p.PromptId == promptId) is { } pending)
        {
            return new PromptPlace.Pending(pending, [.. queue.Running.Select(p => p.PromptId)]);
        }

        // It may have ended between the two questions.
        return await backend.Client.GetHistory(promptId, ct) is { } ended ? new PromptPlace.Ended(ended) : new PromptPlace.Nowhere();
    }

    /// <summary>The same; or null where there is no answer.</summary>
    public static async Task<PromptPlace?> TryLocate(Backend backend, string promptId, CancellationToken ct)
    {
        try
        {
            return await Locate(backend, promptId, ct);
        }
        catch (ComfyUiException)
        {
            return null;
        }
    }
}
