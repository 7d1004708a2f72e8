using System.Text.Json;

namespace ComfyGateway.Workflows.Nodes;

/// <summary>Tells names of models from other texts.</summary>
internal static class ModelFiles
{
    private static readonly string[] Extensions = [".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".pkl", ".gguf", ".onnx"];

    // What takes long to load; a LoRA or a VAE beside it makes little difference.
    private static readonly string[] MainInputs = ["ckpt_name", "unet_name"];

    public static bool IsModel(JsonElement value) => value.ValueKind == JsonValueKind.String && IsModel(value.GetString()!);

    public static bool IsModel(string text) => Array.Exists(Extensions, e => text.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>The checkpoints of a rendered graph in their order, or all its models where it has no checkpoint.</summary>
    public static IReadOnlyList<string> MainOf(JsonElement graph)
    {
        var models = graph.EnumerateObject()
            .SelectMany(n => n.Value.GetProperty("inputs").EnumerateObject())
            .Where(i => IsModel(i.Value))
            .ToArray();
        var main = models.Where(i => MainInputs.Contains(i.Name)).ToArray();
        return [.. (main.Length > 0 ? main : models).Select(i => i.Value.GetString()!).Distinct().Order(StringComparer.Ordinal)];
    }
}
