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

    // ComfyUI turns texts into numbers where a number is wanted, so "9999" is as large as 9999.
    private static bool Exceeds(JsonElement value, int limit) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble() > limit,
        JsonValueKind.String => double.TryParse(value.GetString(), System.Globalization.CultureInfo.InvariantCulture, out var number) && number > limit,
        _ => false,
    };

    private static string PathOf(string node, string input, JsonElement template)
    {
        var written = template.GetProperty(node).GetProperty("inputs").GetProperty(input);
        return written.ValueKind == JsonValueKind.String && TokenSyntax.Whole(written.GetString()!) is { } token
            ? $"inputs.{token.Name}"
            : $"workflow.{node}.inputs.{input}";
    }
}
