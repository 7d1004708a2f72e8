using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows;

/// <summary>A version of a workflow, parsed once and used for many jobs. Never changes, but for what backends tell of their nodes.</summary>
/// <param name="written">The schema of the author; where they wrote none, it follows what is known of the nodes at the time.</param>
internal sealed class PreparedWorkflow(string? workflowId, int version, Template template, InputSchema? written, IReadOnlyDictionary<string, JsonElement> defaultParams)
{
    private readonly GraphFindings _findings = new(template);

    // What followed from the nodes as they were last known. A race costs one more derivation.
    private volatile Derived? _derived;

    public Template Template => template;

    /// <summary>What it takes depends on what is known of the nodes, since its author wrote no schema.</summary>
    public bool FollowsNodes => written is null;

    public static PreparedWorkflow From(Workflow workflow)
    {
        var written = workflow.InputSchema is { } schema ? InputSchema.ParseAccepted(schema.Parse()) : null;
        return new PreparedWorkflow(workflow.WorkflowId, workflow.Version, new Template(workflow.WorkflowJson.Parse()), written, workflow.DefaultParams);
    }

    public static PreparedWorkflow Inline(JsonElement graph) =>
        new(null, 0, new Template(graph), null, new Dictionary<string, JsonElement>());

    public static InputSchema SchemaOf(JsonElement? written, Template template, NodeKnowledge? nodes = null) =>
        written is { } schema ? InputSchema.Parse(schema) : InputSchema.Derive(template, nodes);

    public InputSchema Schema(NodeKnowledge nodes)
    {
        if (written is not null)
        {
            return written;
        }

        if (_derived is not { } derived || !derived.Nodes.IsSame(nodes))
        {
            _derived = derived = new Derived(nodes, InputSchema.Derive(template, nodes));
        }

        return derived.Schema;
    }

    /// <summary>What fills a placeholder where a job brings nothing.</summary>
    public IReadOnlyDictionary<string, JsonElement> Defaults(NodeKnowledge nodes)
    {
        var defaults = Schema(nodes).Fields.Values.Where(f => f.Default is not null).ToDictionary(f => f.Name, f => f.Default!.Value);
        foreach (var (name, value) in defaultParams)
        {
            defaults[name] = value;
        }

        return defaults;
    }

    public ResolvedWorkflow Resolve(JobInputs given, GraphLimits limits, NodeKnowledge nodes)
    {
        // A guess must not refuse what the nodes, once they are known, would take: without a backend a job only waits.
        var schema = written is null && nodes.IsEmpty ? Schema(nodes).WithoutGuesses() : Schema(nodes);
        var resolution = new InputResolution(schema);
        var values = resolution.Resolve(defaultParams, given.Params, given.Inputs);
        var unfit = resolution.Problems.Count > 0 ? resolution.Problems : template.DepthProblems(values);
        if (unfit.Count > 0)
        {
            throw ProblemException.Invalid(unfit);
        }

        var (found, models) = _findings.Of(values, limits);
        var excesses = limits.Excesses(values).ToArray();
        // In the graph they are found again, and there it is not known whether they came as params.
        (string, string)[] problems =
        [
            .. excesses.Select(e => (resolution.PathOf(e.Input), e.Message)),
            .. found.Where(p => !excesses.Any(e => p.Path == $"inputs.{e.Input}")),
        ];
        return problems.Length > 0
            ? throw ProblemException.Invalid(problems)
            : new ResolvedWorkflow(workflowId, version, values, SeedOf(values)) { Models = models, Images = resolution.Images };
    }

    private sealed record Derived(NodeKnowledge Nodes, InputSchema Schema);

    private static ulong? SeedOf(IReadOnlyDictionary<string, JsonElement> values) =>
        values.TryGetValue(Seed.Name, out var seed) && seed.ValueKind == JsonValueKind.Number && seed.TryGetUInt64(out var number) ? number : null;
}
