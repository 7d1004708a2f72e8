using System.Text.Json;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Nodes;

/// <summary>
/// Looks at a graph as ComfyUI would before it runs it, and is silent where ComfyUI may know better: about inputs it was not told of,
/// about types of its own making, and about files that can be uploaded.
/// </summary>
internal sealed class NodeCheck(NodeKnowledge nodes)
{
    // A type of which ComfyUI decides for each node what it is.
    private const string DynamicType = "COMFY_";

    /// <summary>Everything that stands against running a rendered graph.</summary>
    public IReadOnlyList<Finding> OfGraph(JsonElement rendered) => Findings(rendered, value => value);

    /// <summary>The same for a template; a value that only a job will bring is passed over.</summary>
    /// <param name="defaults">What fills a placeholder where a job brings nothing.</param>
    public IReadOnlyList<Finding> OfTemplate(JsonElement template, IReadOnlyDictionary<string, JsonElement> defaults) =>
        Findings(template, value => Foreseen(value, defaults));

    private List<Finding> Findings(JsonElement graph, Func<JsonElement, JsonElement?> read)
    {
        var classes = graph.EnumerateObject().ToDictionary(n => n.Name, n => nodes.Find(ClassOf(n.Value)));
        var findings = graph.EnumerateObject().SelectMany(n => classes[n.Name] is { } known
            ? InputFindings(n, known, classes, read)
            : [Unknown(n)]).ToList();
        findings.AddRange(OutputProblems(graph, nodes).Select(p => new Finding(FindingKind.InvalidValue, "", "", p.Message)));
        return findings;
    }

    /// <summary>A graph of which nothing would be kept; not told of one with a node that is not known, since that may be the output.</summary>
    public static IEnumerable<(string Path, string Message)> OutputProblems(JsonElement graph, NodeKnowledge nodes) =>
        graph.EnumerateObject().All(n => nodes.Find(ClassOf(n.Value)) is { IsOutput: false })
            ? [("workflowJson", "has no output node, so there is nothing to run; end it in a node such as SaveImage")]
            : [];

    private Finding Unknown(JsonProperty node)
    {
        var name = ClassOf(node.Value);
        return new Finding(FindingKind.MissingNode, $"{node.Name}.class_type", name, $"is \"{name}\", which ComfyUI does not have{Nearest.Hint(name, nodes.ClassNames)}");
    }

    private static IEnumerable<Finding> InputFindings(
        JsonProperty node, BackendNode known, Dictionary<string, BackendNode?> classes, Func<JsonElement, JsonElement?> read)
    {
        var given = node.Value.GetProperty("inputs");
        foreach (var input in known.Inputs.Where(i => !i.Type.StartsWith(DynamicType, StringComparison.Ordinal)))
        {
            if (!given.TryGetProperty(input.Name, out var written))
            {
                if (input.Required)
                {
                    yield return new Finding(FindingKind.InvalidValue, PathOf(input), input.Name, $"is required by {ClassOf(node.Value)}");
                }
            }
            else if (GraphLink.From(written) is { } source)
            {
                if (LinkProblem(input, classes.GetValueOrDefault(source), written[1]) is { } wrong)
                {
                    yield return new Finding(FindingKind.InvalidValue, PathOf(input), source, wrong);
                }
            }
            else if (read(written) is { } value && NodeValue.Problem(input, value) is { } problem)
            {
                yield return new Finding(NodeValue.IsModel(input, value) ? FindingKind.MissingModel : FindingKind.InvalidValue, PathOf(input), NodeValue.Text(value), problem);
            }
        }

        string PathOf(BackendNodeInput input) => $"{node.Name}.inputs.{input.Name}";
    }

    private static string? LinkProblem(BackendNodeInput input, BackendNode? source, JsonElement slot)
    {
        if (source is null)
        {
            return null;
        }

        if (!slot.TryGetInt32(out var index) || index < 0 || index >= source.Outputs.Count)
        {
            return $"links to output {slot.GetRawText()} of a node that has {source.Outputs.Count}";
        }

        var type = source.Outputs[index];
        return type == input.Type || IsOpen(type) || IsOpen(input.Type) || type.Split(',').Intersect(input.Type.Split(',')).Any()
            ? null
            : $"takes {input.Type} and is linked to {type}";
    }

    private static bool IsOpen(string type) =>
        type.Contains('*') || type == NodeValue.Combo || type.StartsWith(DynamicType, StringComparison.Ordinal);

    private static string ClassOf(JsonElement node) => node.GetProperty("class_type").GetString()!;

    private static JsonElement? Foreseen(JsonElement value, IReadOnlyDictionary<string, JsonElement> defaults)
    {
        if (value.ValueKind != JsonValueKind.String || !TokenSyntax.Pattern().IsMatch(value.GetString()!))
        {
            return value;
        }

        if (TokenSyntax.Whole(value.GetString()!) is not { Choice: null } token)
        {
            return null;
        }

        return !defaults.TryGetValue(token.Name, out var filled) ? token.Fallback : Seed.IsRandom(token.Name, filled) ? null : filled;
    }
}
