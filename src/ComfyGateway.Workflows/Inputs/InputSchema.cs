using System.Text.Json;
using System.Text.Json.Serialization;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>The inputs of a workflow. Written by its author as <c>fields</c> or as JSON Schema <c>properties</c>, or derived from the template.</summary>
internal sealed class InputSchema(IReadOnlyList<InputField> fields, bool allowsOthers)
{
    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public IReadOnlyDictionary<string, InputField> Fields { get; } = fields.ToDictionary(f => f.Name);

    /// <summary>JSON Schema's <c>additionalProperties: true</c>.</summary>
    public bool AllowsOthers => allowsOthers;

    /// <summary>Without a schema, each placeholder is an input.</summary>
    /// <param name="nodes">What ComfyUI says of the nodes that the placeholders stand in, if it is known.</param>
    public static InputSchema Derive(Template template, NodeKnowledge? nodes = null) =>
        new(new SchemaDerivation(template, nodes ?? NodeKnowledge.None).Fields(), allowsOthers: false);

    /// <summary>A derived schema without the types that were guessed from how the template is written.</summary>
    public InputSchema WithoutGuesses() =>
        new([.. Fields.Values.Select(f => f.Name == Seed.Name || f.Type is InputType.Boolean or InputType.Image ? f : f with { Type = InputType.Any })], allowsOthers);

    /// <exception cref="ProblemException">Names each member that is not understood, below <c>inputSchema</c>.</exception>
    public static InputSchema Parse(JsonElement schema)
    {
        var reader = new InputSchemaReader();
        var parsed = reader.Read(schema);
        IReadOnlyCollection<(string, string)> problems = [.. reader.Problems, .. reader.Idle];
        return problems.Count > 0 ? throw ProblemException.Invalid(problems) : parsed;
    }

    /// <summary>A schema that was accepted once. Earlier versions passed over keywords without effect, and their workflows go on.</summary>
    public static InputSchema ParseAccepted(JsonElement schema)
    {
        var reader = new InputSchemaReader();
        var parsed = reader.Read(schema);
        return reader.Problems.Count > 0 ? throw ProblemException.Invalid(reader.Problems) : parsed;
    }

    /// <summary>The schema in the <c>fields</c> form, for a workflow whose author wrote none.</summary>
    public JsonElement Written() => JsonSerializer.SerializeToElement(new
    {
        type = "object",
        fields = Fields.Values.ToDictionary(f => f.Name, f => new
        {
            type = f.Type == InputType.Any ? null : f.Type.ToString().ToLowerInvariant(),
            required = f.Required,
            @default = f.Default,
            min = f.Min,
            max = f.Max,
            @enum = f.Enum,
            description = f.Description,
        }),
    }, WithoutNulls);
}
