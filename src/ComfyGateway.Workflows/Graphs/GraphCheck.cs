using System.Text.Json;
using ComfyGateway.Platform.Json;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Graphs;

/// <summary>What can be said of a graph without any ComfyUI at hand.</summary>
internal static class GraphCheck
{
    private const string ExportHint =
        "is ComfyUI's editor format; export the API format instead: in ComfyUI's menu choose Workflow > Export (API), "
        + "in older versions switch on the dev mode options and press Save (API Format)";

    /// <summary>Every fault of <paramref name="graph"/>, below <paramref name="path"/>. Empty where there is none.</summary>
    public static IReadOnlyCollection<(string Path, string Message)> Problems(JsonElement graph, string path, int maxNodes)
    {
        // First of all, since half a surrogate pair cannot even be looked at.
        if (StorableJson.Problems(graph, path).ToArray() is { Length: > 0 } unstorable)
        {
            return unstorable;
        }

        if (graph.ValueKind != JsonValueKind.Object)
        {
            return [(path, "must be an object: node id to node")];
        }

        if (graph.TryGetProperty("nodes", out var nodes) && nodes.ValueKind == JsonValueKind.Array)
        {
            return [(path, ExportHint)];
        }

        var count = graph.EnumerateObject().Count();
        if (count == 0 || count > maxNodes)
        {
            return [(path, count == 0 ? "has no nodes" : $"has {count} nodes; at most {maxNodes} are accepted")];
        }

        var problems = graph.EnumerateObject().SelectMany(n => NodeProblems(n, graph, path)).ToList();
        if (problems.Count == 0 && Cycle(graph) is { } inCycle)
        {
            problems.Add(($"{path}.{inCycle}", "feeds itself through its links"));
        }

        return problems;
    }

    /// <summary>Placeholders that no field provides and that have no fallback.</summary>
    public static IEnumerable<(string Path, string Message)> PlaceholderProblems(Template template, InputSchema schema, IReadOnlyDictionary<string, JsonElement> defaults) =>
        template.Tokens
            .Where(t => t.Fallback is null && !schema.AllowsOthers && !schema.Fields.ContainsKey(t.Name) && !defaults.ContainsKey(t.Name))
            .Select(t => ("workflowJson", $"has the placeholder {{{{{t.Name}}}}}, which no field of inputSchema provides{Nearest.Hint(t.Name, schema.Fields.Keys)}"));

    private static IEnumerable<(string, string)> NodeProblems(JsonProperty node, JsonElement graph, string path)
    {
        var nodePath = $"{path}.{node.Name}";
        if (node.Value.ValueKind != JsonValueKind.Object)
        {
            return [(nodePath, "must be an object with class_type and inputs")];
        }

        if (!node.Value.TryGetProperty("class_type", out var type) || type.ValueKind != JsonValueKind.String || type.ValueEquals(""))
        {
            return [($"{nodePath}.class_type", "is required: the name of the node's class")];
        }

        if (!node.Value.TryGetProperty("inputs", out var inputs) || inputs.ValueKind != JsonValueKind.Object)
        {
            return [($"{nodePath}.inputs", "is required: an object, empty where the node takes nothing")];
        }

        return inputs.EnumerateObject()
            .Where(i => GraphLink.From(i.Value) is { } link && !graph.TryGetProperty(link, out _))
            .Select(i => ($"{nodePath}.inputs.{i.Name}", $"links to the node \"{GraphLink.From(i.Value)}\", which is not there"));
    }

    /// <summary>A node of a cycle, or null. Nodes that depend on nothing unfinished are taken away until none or only cycles are left.</summary>
    private static string? Cycle(JsonElement graph)
    {
        var waitsFor = graph.EnumerateObject().ToDictionary(
            n => n.Name,
            n => n.Value.GetProperty("inputs").EnumerateObject().Select(i => GraphLink.From(i.Value)).OfType<string>().ToHashSet());
        var feeds = waitsFor.SelectMany(n => n.Value.Select(source => (source, n.Key))).ToLookup(e => e.source, e => e.Key);

        var ready = new Queue<string>(waitsFor.Where(n => n.Value.Count == 0).Select(n => n.Key));
        while (ready.TryDequeue(out var done))
        {
            waitsFor.Remove(done);
            foreach (var fed in feeds[done])
            {
                if (waitsFor[fed].Remove(done) && waitsFor[fed].Count == 0)
                {
                    ready.Enqueue(fed);
                }
            }
        }

        // What is left is in a cycle or behind one; going from source to source comes round.
        var passed = new HashSet<string>();
        var node = waitsFor.Keys.FirstOrDefault();
        while (node is not null && passed.Add(node))
        {
            node = waitsFor[node].First();
        }

        return node;
    }
}

/// <summary>An input that is <c>["node id", slot]</c> takes another node's output.</summary>
internal static class GraphLink
{
    public static string? From(JsonElement input) =>
        input.ValueKind == JsonValueKind.Array && input.GetArrayLength() == 2
        && input[0].ValueKind == JsonValueKind.String && input[1].ValueKind == JsonValueKind.Number
            ? input[0].GetString()
            : null;
}
