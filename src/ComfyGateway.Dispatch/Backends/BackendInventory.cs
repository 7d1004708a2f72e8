using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>What a backend has.</summary>
/// <param name="NodeTypes">How many node classes.</param>
internal sealed record BackendInventory(int NodeTypes, IReadOnlyList<string> Checkpoints, IReadOnlyList<string> Loras, IReadOnlyList<string> Vae)
{
    public static readonly BackendInventory Empty = new(0, [], [], []);

    /// <summary>What it says of its node classes; null before its first answer.</summary>
    public ObjectInfo? Nodes { get; init; }

    /// <summary>When that was asked.</summary>
    public DateTimeOffset ReadAt { get; init; }

    public int Models => Checkpoints.Count + Loras.Count + Vae.Count;

    public static async Task<BackendInventory> Read(ComfyUiClient client, DateTimeOffset now, CancellationToken ct)
    {
        var info = await client.GetObjectInfo(ct);
        var lists = await ReadLists(client, ct);
        return lists with { NodeTypes = info.NodeTypes.Count, Nodes = info, ReadAt = now };
    }

    /// <summary>Whether files came or went since; a small question beside that for the node classes.</summary>
    public async Task<bool> IsStale(ComfyUiClient client, CancellationToken ct)
    {
        var now = await ReadLists(client, ct);
        return !(now.Checkpoints.SequenceEqual(Checkpoints) && now.Loras.SequenceEqual(Loras) && now.Vae.SequenceEqual(Vae));
    }

    /// <summary>
    /// Whether another look found the same node classes with the same choices, so that all that was said of what fits here stands. Files that
    /// are uploaded for jobs come and go, and are no such choice.
    /// </summary>
    public bool IsAs(BackendInventory other) => Nodes is { } mine && other.Nodes is { } others
        && mine.NodeTypes.Count == others.NodeTypes.Count
        && mine.NodeTypes.Values.All(type => others.NodeTypes.TryGetValue(type.Name, out var same) && Needs(type).SequenceEqual(Needs(same)));

    private static IEnumerable<string> Needs(NodeType type) =>
        type.Inputs.Where(i => !i.ImageUpload).SelectMany(i => i.Options.Select(o => o.GetRawText()).Prepend(i.Name));

    private static async Task<BackendInventory> ReadLists(ComfyUiClient client, CancellationToken ct) => new(
        0, await client.GetModels("checkpoints", ct), await client.GetModels("loras", ct), await client.GetModels("vae", ct));
}
