using System.Globalization;
using System.Text.Json;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Inputs;

namespace ComfyGateway.Workflows.Nodes;

/// <summary>Whether a node takes a value. ComfyUI turns texts into numbers, and anything into a text or a boolean.</summary>
internal static class NodeValue
{
    public const string Int = "INT";
    public const string Float = "FLOAT";
    public const string TextType = "STRING";
    public const string Boolean = "BOOLEAN";
    public const string Combo = "COMBO";

    /// <summary>What is wrong with it, or null.</summary>
    public static string? Problem(BackendNodeInput input, JsonElement value) => input.Type switch
    {
        Int or Float => NumberProblem(input, Unboxed(value)),
        Combo when input is { Options.Count: > 0, TakesUploads: false } => ChoiceProblem(input, Unboxed(value)),
        _ => null,
    };

    /// <summary>The value names a file that ComfyUI would have to have.</summary>
    public static bool IsModel(BackendNodeInput input, JsonElement value) => input.Type == Combo && ModelFiles.IsModel(value);

    /// <summary>A text without its quotes, anything else as it is written.</summary>
    public static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static string? NumberProblem(BackendNodeInput input, JsonElement value)
    {
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return null;
        }

        if (!double.TryParse(Text(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var approximate)
            || value.ValueKind is not (JsonValueKind.Number or JsonValueKind.String))
        {
            return $"must be a number ({input.Type})";
        }

        var order = decimal.TryParse(Text(value), NumberStyles.Float, CultureInfo.InvariantCulture, out var exact)
            ? (Func<decimal, int>)exact.CompareTo
            : bound => approximate.CompareTo((double)bound);
        return input switch
        {
            { Min: { } min } when order(min) < 0 => $"must be at least {Written(min)}",
            { Max: { } max } when order(max) > 0 => $"must be at most {Written(max)}",
            _ => null,
        };
    }

    private static string? ChoiceProblem(BackendNodeInput input, JsonElement value)
    {
        var chosen = value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : Enumerable.Repeat(value, 1);
        return chosen.Where(c => !input.Options.Any(o => JsonElement.DeepEquals(o, c))).Select(c => Text(c))
            .Select(c => $"is \"{c}\", which is none of the {input.Options.Count} choices that ComfyUI has{Nearest.Hint(c, input.Options.Select(Text))}")
            .FirstOrDefault();
    }

    // A value that looks like a link can be sent in a box.
    private static JsonElement Unboxed(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object && value.TryGetProperty("__value__", out var boxed) ? boxed : value;

    private static string Written(decimal bound) => bound.ToString(CultureInfo.InvariantCulture);
}
