using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.Workflows.Graphs;

/// <summary>The numbers in a rendered graph, as ComfyUI takes them, also where a node that only holds a value passes one on.</summary>
internal sealed class GraphConstants(JsonElement rendered)
{
    // One constant behind another is odd already; a longer way is not followed.
    private const int MaxLinks = 16;

    // All that is ever asked for; what stands in other inputs makes no difference (GraphFindings).
    private static readonly FrozenSet<string> Asked = FrozenSet.Create(
        StringComparer.Ordinal,
        [
            "width", "height", "batch_size", "amount", "scale_by", "megapixels", "image2", "samples2", "upscale_model", "model_name", Held, .. GraphSizes.Passing,
        ]);

    // The one input of a node that only holds a value.
    private const string Held = "value";

    private readonly Dictionary<string, (JsonElement Node, JsonElement Inputs)> _nodes =
        rendered.EnumerateObject().ToDictionary(n => n.Name, n => (n.Value, n.Value.GetProperty("inputs")));

    public IReadOnlyCollection<string> Nodes => _nodes.Keys;

    /// <summary>False for an input whose value no question here depends on.</summary>
    public static bool DependOn(string input) => Asked.Contains(input);

    public string ClassOf(string node) => _nodes[node].Node.GetProperty("class_type").GetString()!;

    /// <summary>The node that an input is linked to, or null.</summary>
    public string? SourceOf(string node, string input) =>
        TryGet(node, input, out var value) && GraphLink.From(value) is { } source && _nodes.ContainsKey(source) ? source : null;

    /// <summary>The text that is written in an input, or null.</summary>
    public string? TextOf(string node, string input) =>
        TryGet(node, input, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>The number that an input has, and where it is written; null where it comes from a node that computes, or is none.</summary>
    public Constant? Find(string node, string input)
    {
        for (var links = 0; links < MaxLinks; links++)
        {
            if (!TryGet(node, input, out var value))
            {
                return null;
            }

            if (GraphLink.From(value) is not { } source)
            {
                return Number(value) is { } number ? new Constant(number, node, input) : null;
            }

            if (!_nodes.ContainsKey(source) || !IsConstant(source))
            {
                return null;
            }

            (node, input) = (source, Held);
        }

        return null;
    }

    // PrimitiveInt and its like, and the constants of node packs: one input, called value.
    private bool IsConstant(string node) =>
        TryGet(node, Held, out _)
        && (ClassOf(node).StartsWith("Primitive", StringComparison.Ordinal) || _nodes[node].Inputs.EnumerateObject().Count() == 1);

    private bool TryGet(string node, string input, out JsonElement value) => Asked.Contains(input)
        ? _nodes[node].Inputs.TryGetProperty(input, out value)
        : throw new ArgumentException("This input is not among those that findings are kept by; add it there.", nameof(input));

    /// <summary>A value as ComfyUI takes it where a number is wanted: a text is turned into one, so "9999" is as large as 9999, and a value is taken out of a box.</summary>
    public static double? Number(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.String => double.TryParse(AsPythonReads(value.GetString()!), CultureInfo.InvariantCulture, out var number) ? number : null,
        JsonValueKind.Object => value.TryGetProperty("__value__", out var boxed) ? Number(boxed) : null,
        _ => null,
    };

    // Python's int() takes the digits of every script and passes over underscores and white space.
    private static string AsPythonReads(string text) => string.Concat(text.EnumerateRunes()
        .Where(r => r.Value != '_' && !Rune.IsWhiteSpace(r) && !Rune.IsControl(r))
        .Select(r => Rune.IsDigit(r) ? Rune.GetNumericValue(r).ToString(CultureInfo.InvariantCulture) : r.ToString()));
}

/// <summary>A number and the input that it is written in.</summary>
internal sealed record Constant(double Number, string Node, string Input);
