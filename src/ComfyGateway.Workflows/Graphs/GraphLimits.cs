using System.Globalization;
using System.Text.Json;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Graphs;

/// <summary>The operator's limits, held on the rendered graph, so that no name of a placeholder gets around them.</summary>
internal sealed class GraphLimits(GatewaySettings settings)
{
    // Where the change is written that makes a picture too large or too many.
    private static readonly Dictionary<string, string> Changes = new()
    {
        ["ImageScaleBy"] = "scale_by",
        ["LatentUpscaleBy"] = "scale_by",
        ["ImageUpscaleWithModel"] = "upscale_model",
        ["ImageScaleToTotalPixels"] = "megapixels",
        ["RepeatLatentBatch"] = "amount",
        ["RepeatImageBatch"] = "amount",
        ["ImageBatch"] = "image2",
        ["LatentBatch"] = "samples2",
    };

    private readonly (string Input, int Limit)[] _named =
    [
        ("width", settings.MaxImageSize), ("height", settings.MaxImageSize), ("batch_size", settings.MaxBatchSize),
    ];

    // As the name of an input, and not of a node's, it may mean anything.
    private readonly (string Input, int Limit) _amount = ("amount", settings.MaxBatchSize);

    /// <summary>The inputs above the limit that their own name tells, which may stand where no graph is looked at, such as within a text.</summary>
    public IEnumerable<(string Input, string Message)> Excesses(IReadOnlyDictionary<string, JsonElement> values)
    {
        foreach (var (input, limit) in _named)
        {
            if (values.TryGetValue(input, out var value) && GraphConstants.Number(value) > limit)
            {
                yield return (input, $"must be at most {limit}");
            }
        }
    }

    /// <summary>Each value above its limit, by the input that set it, else by its place in the graph.</summary>
    public IEnumerable<(string Path, string Message)> Problems(JsonElement rendered, JsonElement template)
    {
        var graph = new GraphConstants(rendered);
        return Written(graph, template).Concat(Computed(graph, template)).DistinctBy(p => p.Path);
    }

    private IEnumerable<(string Path, string Message)> Written(GraphConstants graph, JsonElement template)
    {
        foreach (var node in graph.Nodes)
        {
            foreach (var (input, limit) in _named.Append(_amount))
            {
                if (graph.Find(node, input) is { } constant && constant.Number > limit)
                {
                    yield return (PathOf(constant.Node, constant.Input, template), $"must be at most {limit}");
                }
            }
        }
    }

    private IEnumerable<(string Path, string Message)> Computed(GraphConstants graph, JsonElement template)
    {
        var sizes = new GraphSizes(graph);
        foreach (var node in graph.Nodes)
        {
            // Only the node that goes beyond a limit is named, and not all those behind it.
            if (Changes.TryGetValue(graph.ClassOf(node), out var input) && Excess(sizes.Into(node)) is null && Excess(sizes.Of(node)) is { } excess)
            {
                var origin = graph.Find(node, input);
                yield return (PathOf(origin?.Node ?? node, origin?.Input ?? input, template), excess);
            }
        }
    }

    private string? Excess(Extent extent) => extent switch
    {
        { Width: { } width, Height: { } height } when Math.Max(width, height) > settings.MaxImageSize =>
            $"makes pictures of {Whole(width)} x {Whole(height)} pixels; at most {settings.MaxImageSize} on a side are accepted",
        { Batch: { } batch } when batch > settings.MaxBatchSize => $"makes {Whole(batch)} pictures at once; at most {settings.MaxBatchSize} are accepted",
        _ => null,
    };

    private static string Whole(double number) => Math.Round(number).ToString(CultureInfo.InvariantCulture);

    private static string PathOf(string node, string input, JsonElement template)
    {
        var written = template.GetProperty(node).GetProperty("inputs").TryGetProperty(input, out var value) ? value : default;
        return written.ValueKind == JsonValueKind.String && TokenSyntax.Whole(written.GetString()!) is { } token
            ? $"inputs.{token.Name}"
            : $"workflow.{node}.inputs.{input}";
    }
}
