using System.Text.Json;

namespace ComfyGateway.Tests.Workflows;

/// <summary>A node class as ComfyUI's <c>/object_info</c> describes it.</summary>
internal sealed class NodeClass(JsonElement info)
{
    private static readonly Dictionary<string, NodeClass> All = Load();

    public IEnumerable<string> Required => Section("required").Select(i => i.Name);

    public bool IsOutput => info.GetProperty("output_node").GetBoolean();

    public static NodeClass? Find(string name) => All.GetValueOrDefault(name);

    public string Output(int slot) => info.GetProperty("output")[slot].GetString()!;

    public NodeInput? Input(string name) => Section("required").Concat(Section("optional"))
        .Where(i => i.Name == name).Select(i => new NodeInput(i.Value)).FirstOrDefault();

    private JsonElement.ObjectEnumerator Section(string name) =>
        info.GetProperty("input").TryGetProperty(name, out var section) ? section.EnumerateObject() : default;

    private static Dictionary<string, NodeClass> Load()
    {
        using var stream = typeof(NodeClass).Assembly.GetManifestResourceStream("object_info.json")!;
        return JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(stream)!.ToDictionary(c => c.Key, c => new NodeClass(c.Value));
    }
}

/// <summary>What one input of a node class accepts: <c>[type or choices, options]</c>.</summary>
internal sealed class NodeInput(JsonElement spec)
{
    /// <summary>The name of the type; null for a choice.</summary>
    public string? Type => spec[0].ValueKind == JsonValueKind.String && spec[0].GetString() != "COMBO" ? spec[0].GetString() : null;

    /// <summary>What is wrong with <paramref name="value"/>, or null. Names of model files are the operator's, so they are not looked at.</summary>
    public string? Problem(JsonElement value) => Type switch
    {
        null => Choices.Any(c => JsonElement.DeepEquals(c, value)) ? null : "is none of the choices",
        "INT" when value.ValueKind != JsonValueKind.Number || !decimal.IsInteger(value.GetDecimal()) => "is no whole number",
        "FLOAT" when value.ValueKind != JsonValueKind.Number => "is no number",
        "INT" or "FLOAT" => RangeProblem(value.GetDecimal()),
        "STRING" => value.ValueKind == JsonValueKind.String ? null : "is no text",
        "BOOLEAN" => value.ValueKind is JsonValueKind.True or JsonValueKind.False ? null : "is neither true nor false",
        _ => "needs a link",
    };

    private IEnumerable<JsonElement> Choices =>
        (spec[0].ValueKind == JsonValueKind.Array ? spec[0] : spec[1].GetProperty("options")).EnumerateArray();

    private string? RangeProblem(decimal value) =>
        value < Bound("min", decimal.MinValue) ? "is too small" : value > Bound("max", decimal.MaxValue) ? "is too large" : null;

    private decimal Bound(string name, decimal otherwise) =>
        spec.GetArrayLength() > 1 && spec[1].TryGetProperty(name, out var bound) ? bound.GetDecimal() : otherwise;
}
