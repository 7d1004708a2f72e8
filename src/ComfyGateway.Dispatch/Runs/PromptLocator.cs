using ComfyGateway.Dispatch.Backends;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Where a prompt is.</summary>
internal abstract record PromptPlace
{
    private PromptPlace()
    {
    }

    /// <summary>In ComfyUI's queue, or running.</summary>
    /// <param name="ClientId">The socket that hears of it.</param>
    public abstract record Queued(string? ClientId) : PromptPlace;

    /// <param name="Before">The prompts that run meanwhile.</param>
    public sealed record Pending(string? ClientId, IReadOnlyList<string> Before) : Queued(ClientId);

    public sealed record Running(string? ClientId) : Queued(ClientId);

    public sealed record Ended(HistoryEntry Entry) : PromptPlace;

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
            return new PromptPlace.Running(running.ClientId);
        }

        if (queue.Pending.FirstOrDefault(p => p.PromptId == promptId) is { } pending)
        {
            return new PromptPlace.Pending(pending.ClientId, [.. queue.Running.Select(p => p.PromptId)]);
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
