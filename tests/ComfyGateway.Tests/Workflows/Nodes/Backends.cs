using System.Text.Json;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;

namespace ComfyGateway.Tests.Workflows.Nodes;

/// <summary>Backends with a few node classes.</summary>
internal static class Backends
{
    public static NodeKnowledge Knowing(params Dictionary<string, BackendNode>[] catalogs) =>
        new(catalogs.Select((c, i) => new BackendNodes($"gpu{i}", true, c)));

    public static Dictionary<string, BackendNode> Usual(params string[] models) => new()
    {
        ["Load"] = Node(["MODEL", "*"], Input("name", "COMBO", options: models)),
        ["Run"] = Node(["IMAGE"], Input("model", "MODEL"), Input("steps", "INT", 1, 100), Input("cfg", "FLOAT", 0, 30, required: false), Input("seed", "INT", 0, ulong.MaxValue, required: false)),
        ["Text"] = Node(["STRING"], Input("text", "STRING"), Input("flag", "BOOLEAN", required: false)),
        ["Save"] = Node([], Input("images", "IMAGE")) with { IsOutput = true },
    };

    public static BackendNode Node(string[] outputs, params BackendNodeInput[] inputs) => new(inputs, outputs, false);

    public static BackendNodeInput Input(string name, string type, decimal? min = null, decimal? max = null, bool required = true, string[]? options = null) =>
        new(name, type, required, [.. (options ?? []).Select(o => JsonSerializer.SerializeToElement(o))], null, min, max, false);
}
