using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows;

/// <summary>A version of a workflow, parsed once and used for many jobs. Never changes.</summary>
internal sealed class PreparedWorkflow(string? workflowId, int version, Template template, InputSchema schema, IReadOnlyDictionary<string, JsonElement> defaultParams)
{
    public Template Template => template;

    public InputSchema Schema => schema;

    public static PreparedWorkflow From(Workflow workflow)
    {
        var template = new Template(workflow.WorkflowJson.Parse());
        return new PreparedWorkflow(workflow.WorkflowId, workflow.Version, template, SchemaOf(workflow.InputSchema?.Parse(), template), workflow.DefaultParams);
    }

    public static PreparedWorkflow Inline(JsonElement graph)
    {
        var template = new Template(graph);
        return new PreparedWorkflow(null, 0, template, InputSchema.Derive(template), new Dictionary<string, JsonElement>());
    }

    public static InputSchema SchemaOf(JsonElement? written, Template template) =>
        written is { } schema ? InputSchema.Parse(schema) : InputSchema.Derive(template);

    public ResolvedWorkflow Resolve(JobInputs given, GraphLimits limits)
    {
        var resolution = new InputResolution(schema);
        var values = resolution.Resolve(defaultParams, given.Params, given.Inputs);
        if (resolution.Problems.Count > 0)
        {
            throw ProblemException.Invalid(resolution.Problems);
        }

        var problems = limits.Problems(JsonElement.Parse(template.Render(values).Span), template.Graph).ToList();
        return problems.Count > 0 ? throw ProblemException.Invalid(problems) : new ResolvedWorkflow(workflowId, version, values, SeedOf(values));
    }

    private static ulong? SeedOf(IReadOnlyDictionary<string, JsonElement> values) =>
        values.TryGetValue(Seed.Name, out var seed) && seed.ValueKind == JsonValueKind.Number && seed.TryGetUInt64(out var number) ? number : null;
}
