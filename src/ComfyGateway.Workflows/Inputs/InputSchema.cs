using System.Text.Json;
using System.Text.Json.Serialization;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>The inputs of a workflow. Written by its author as <c>fields</c> or as JSON Schema <c>properties</c>, or derived from the template.</summary>
internal sealed class InputSchema(IReadOnlyList<InputField> fields, bool allowsOthers)
{
    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public IReadOnlyDictionary<string, InputField> Fields { get; } = fields.ToDictionary(f => f.Name);

    /// <summary>JSON Schema's <c>additionalProperties: true</c>.</summary>
    public bool AllowsOthers => allowsOthers;

    /// <summary>Without a schema, each placeholder is an input: of its fallback's type, or a required string; <c>seed</c> is a number.</summary>
    public static InputSchema Derive(Template template) => new([.. template.Tokens.Select(Derive)], allowsOthers: false);

    /// <exception cref="ProblemException">Names each member that is not understood, below <c>inputSchema</c>.</exception>
    public static InputSchema Parse(JsonElement schema)
    {
        var reader = new InputSchemaReader();
        var parsed = reader.Read(schema);
        return reader.Problems.Count > 0 ? throw ProblemException.Invalid(reader.Problems) : parsed;
    }

    /// <summary>The schema in the <c>fields</c> form, for a workflow whose author wrote none.</summary>
    public JsonElement Written() => JsonSerializer.SerializeToElement(new
    {
        type = "object",
        fields = Fields.Values.ToDictionary(f => f.Name, f => new { type = f.Type.ToString().ToLowerInvariant(), required = f.Required, @default = f.Default }),
    }, WithoutNulls);

    private static InputField Derive(Token token) => token switch
    {
        { Name: Seed.Name } => new InputField(token.Name, InputType.Integer) { Default = token.Fallback },
        { Choice: not null } => new InputField(token.Name, InputType.Boolean) { Required = true },
        { Fallback: { } fallback } => new InputField(token.Name, TypeOf(fallback)) { Default = fallback },
        _ => new InputField(token.Name, InputType.String) { Required = true },
    };

    private static InputType TypeOf(JsonElement fallback) => fallback.ValueKind switch
    {
        JsonValueKind.Number when WholeNumber.From(fallback) is not null && !fallback.GetRawText().Contains('.') => InputType.Integer,
        JsonValueKind.Number => InputType.Number,
        JsonValueKind.True or JsonValueKind.False => InputType.Boolean,
        JsonValueKind.String => InputType.String,
        _ => InputType.Any,
    };
}
