using System.Text.Json;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>The nodes of a rendered graph: what they are, and how much of the work each is taken to be.</summary>
internal sealed class GraphShape
{
    // A loader or an encoder counts as much as one step of a sampler.
    private const double Plain = 1;
    private const double MostSteps = 1000;

    private readonly Dictionary<string, (string Type, double Weight)> _nodes;

    private GraphShape(Dictionary<string, (string, double)> nodes)
    {
        _nodes = nodes;
        Weight = Math.Max(Plain, nodes.Values.Sum(n => n.Item2));
    }

    /// <summary>Of all nodes together.</summary>
    public double Weight { get; }

    public static GraphShape Of(JsonElement graph) => new(graph.EnumerateObject().ToDictionary(
        n => n.Name,
        n => (n.Value.GetProperty("class_type").GetString()!, WeightOf(n.Value.GetProperty("inputs")))));

    public string? TypeOf(string node) => _nodes.TryGetValue(node, out var known) ? known.Type : null;

    /// <summary>Nodes that expand into others while they run tell of ids that the graph does not have: these weigh nothing.</summary>
    public double WeightOf(string node) => _nodes.TryGetValue(node, out var known) ? known.Weight : 0;

    private static double WeightOf(JsonElement inputs) =>
        inputs.TryGetProperty("steps", out var steps) && steps.ValueKind == JsonValueKind.Number
            ? Math.Clamp(steps.GetDouble(), Plain, MostSteps)
            : Plain;
}
