namespace ComfyGateway.Dispatch.Backends;

/// <summary>What was last seen of a backend.</summary>
/// <param name="QueueDepth">Prompts in its own queue, running one included, whoever's they are.</param>
/// <param name="LastSeenAt">When it last answered; null before its first answer.</param>
internal sealed record BackendState(bool Reachable, int QueueDepth, BackendInventory Inventory, string? LastError, DateTimeOffset? LastSeenAt)
{
    public static readonly BackendState Unknown = new(false, 0, BackendInventory.Empty, null, null);
}

/// <summary>What administrators want of a backend.</summary>
internal enum BackendMode { Active, Draining, Removed }
