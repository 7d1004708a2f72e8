using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>What was last seen of a backend.</summary>
/// <param name="QueueDepth">Prompts in its own queue, running one included, whoever's they are.</param>
internal sealed record BackendState(bool Reachable, int QueueDepth, BackendInventory Inventory, string? LastError)
{
    public static readonly BackendState Unknown = new(false, 0, BackendInventory.Empty, null);
}

/// <summary>What a backend has.</summary>
/// <param name="NodeTypes">How many node classes.</param>
internal sealed record BackendInventory(int NodeTypes, IReadOnlyList<string> Checkpoints, IReadOnlyList<string> Loras, IReadOnlyList<string> Vae)
{
    public static readonly BackendInventory Empty = new(0, [], [], []);

    /// <summary>What it says of its node classes; null before its first answer.</summary>
    public ObjectInfo? Nodes { get; init; }

    public int Models => Checkpoints.Count + Loras.Count + Vae.Count;

    public static async Task<BackendInventory> Read(ComfyUiClient client, CancellationToken ct)
    {
        var info = await client.GetObjectInfo(ct);
        return new BackendInventory(
            info.NodeTypes.Count,
            await client.GetModels("checkpoints", ct),
            await client.GetModels("loras", ct),
            await client.GetModels("vae", ct))
        {
            Nodes = info,
        };
    }
}
