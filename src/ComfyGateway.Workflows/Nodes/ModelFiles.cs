using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.Workflows.Nodes;

/// <summary>Tells names of models from other texts.</summary>
internal static class ModelFiles
{
    private static readonly string[] Extensions = [".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".pkl", ".gguf", ".onnx"];

    // What takes long to load; a LoRA or a VAE beside it makes little difference.
    private static readonly string[] MainInputs = ["ckpt_name", "unet_name"];

    public static bool IsModel(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return false;
        }

        // As it is written, without making a text of it: most values of a graph are no model, and some are long.
        var written = JsonMarshal.GetRawUtf8Value(value)[1..^1];
        return written.Contains((byte)'\\') ? IsModel(value.GetString()!) : IsModel(written);
    }

    /// <summary>The checkpoints of a rendered graph in their order, or all its models where it has no checkpoint.</summary>
    public static IReadOnlyList<string> MainOf(JsonElement graph)
    {
        var models = new List<(string Name, bool IsMain)>();
        foreach (var node in graph.EnumerateObject())
        {
            foreach (var input in node.Value.GetProperty("inputs").EnumerateObject())
            {
                if (IsModel(input.Value))
                {
                    models.Add((input.Value.GetString()!, Array.Exists(MainInputs, input.NameEquals)));
                }
            }
        }

        var hasMain = models.Exists(m => m.IsMain);
        return [.. models.Where(m => m.IsMain || !hasMain).Select(m => m.Name).Distinct().Order(StringComparer.Ordinal)];
    }

    public static bool IsModel(string name) => Array.Exists(Extensions, e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    private static bool IsModel(ReadOnlySpan<byte> name)
    {
        foreach (var extension in Extensions)
        {
            if (name.Length >= extension.Length && Ascii.EqualsIgnoreCase(name[^extension.Length..], extension))
            {
                return true;
            }
        }

        return false;
    }
}
