using System.Globalization;
using System.Text;
using System.Text.Json;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Graphs;

/// <summary>The operator's limits, held on the rendered graph, so that no name of a placeholder gets around them.</summary>
internal sealed class GraphLimits(GatewaySettings settings)
{
    /// <summary>Each input above its limit, by the input that set it, else by its place in the graph.</summary>
    public IEnumerable<(string Path, string Message)> Problems(JsonElement rendered, JsonElement template) =>
        from node in rendered.EnumerateObject()
        from input in node.Value.GetProperty("inputs").EnumerateObject()
        let limit = LimitOf(input.Name)
        where limit is not null && Exceeds(input.Value, limit.Value)
        select (PathOf(node.Name, input.Name, template), $"must be at most {limit}");

    private int? LimitOf(string input) => input switch
    {
        "width" or "height" => settings.MaxImageSize,
        "batch_size" or "amount" => settings.MaxBatchSize,
        _ => null,
    };

    // ComfyUI turns texts into numbers where a number is wanted, so "9999" is as large as 9999, and takes values out of a box.
    private static bool Exceeds(JsonElement value, int limit) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() > limit,
        JsonValueKind.String => double.TryParse(AsPythonReads(value.GetString()!), CultureInfo.InvariantCulture, out var number) && number > limit,
        JsonValueKind.Object => value.TryGetProperty("__value__", out var boxed) && Exceeds(boxed, limit),
        _ => false,
    };

    // Python's int() takes the digits of every script and passes over underscores and white space.
    private static string AsPythonReads(string text) => string.Concat(text.EnumerateRunes()
        .Where(r => r.Value != '_' && !Rune.IsWhiteSpace(r) && !Rune.IsControl(r))
        .Select(r => Rune.IsDigit(r) ? Rune.GetNumericValue(r).ToString(CultureInfo.InvariantCulture) : r.ToString()));

    private static string PathOf(string node, string input, JsonElement template)
    {
        var written = template.GetProperty(node).GetProperty("inputs").GetProperty(input);
        return written.ValueKind == JsonValueKind.String && TokenSyntax.Whole(written.GetString()!) is { } token
            ? $"inputs.{token.Name}"
            : $"workflow.{node}.inputs.{input}";
    }
}
