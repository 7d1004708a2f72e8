using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Graphs;

/// <summary>What there is to say of the graphs that one template makes.</summary>
/// <param name="Problems">Values above their limits.</param>
/// <param name="Models">The models that take long to load, sorted.</param>
internal sealed record GraphFinding(IReadOnlyList<(string Path, string Message)> Problems, IReadOnlyList<string> Models);

/// <summary>
/// Finds what limits a rendered graph exceeds and which models it needs, and keeps the finding by the values that it depends on: most jobs of a
/// workflow differ in a text and a seed, and to render and read their graphs only to look at them would be the largest part of accepting them.
/// </summary>
internal sealed class GraphFindings(Template template)
{
    // Sizes, batches and checkpoints of a workflow in use. Where there are more, all is found anew.
    private const int MaxKept = 64;
    private const int MaxKeyLength = 256;

    private readonly ConcurrentDictionary<string, GraphFinding> _kept = new();

    /// <exception cref="ProblemException">A token is filled by nothing and has no fallback.</exception>
    public GraphFinding Of(IReadOnlyDictionary<string, JsonElement> values, GraphLimits limits)
    {
        if (KeyOf(values) is not { } key)
        {
            return Find(values, limits);
        }

        if (!_kept.TryGetValue(key, out var finding))
        {
            finding = Find(values, limits);
            if (_kept.Count >= MaxKept)
            {
                _kept.Clear();
            }

            _kept[key] = finding;
        }

        return finding;
    }

    private GraphFinding Find(IReadOnlyDictionary<string, JsonElement> values, GraphLimits limits)
    {
        var graph = JsonElement.Parse(template.Render(values).Span);
        return new GraphFinding([.. limits.Problems(graph, template.Graph)], ModelFiles.MainOf(graph));
    }

    /// <summary>The values that matter, each with its place and its length, so that none can pass for others; or null where that is too long to keep.</summary>
    private string? KeyOf(IReadOnlyDictionary<string, JsonElement> values)
    {
        var key = new StringBuilder();
        foreach (var place in template.Places)
        {
            var (value, text) = Template.ValueOf(place, values);
            if (place.Input is null || GraphConstants.DependOn(place.Input) || (text is null ? ModelFiles.IsModel(value) : ModelFiles.IsModel(text)))
            {
                var written = text ?? value.GetRawText();
                key.Append(CultureInfo.InvariantCulture, $"{place.At}{(text is null ? 'v' : 't')}{written.Length}:{written}");
            }
        }

        return key.Length <= MaxKeyLength ? key.ToString() : null;
    }
}
