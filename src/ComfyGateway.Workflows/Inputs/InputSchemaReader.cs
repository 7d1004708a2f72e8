using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Reads both written forms of a schema.</summary>
internal sealed class InputSchemaReader
{
    private const string Root = "inputSchema";

    private static readonly InputSchema Nothing = new([], allowsOthers: false);

    private readonly KeywordReader _keywords = new();
    private readonly FieldReader _fields;

    public InputSchemaReader() => _fields = new FieldReader(_keywords);

    public IReadOnlyCollection<(string Path, string Message)> Problems => _keywords.Problems;

    /// <summary>What would be passed over.</summary>
    public IReadOnlyCollection<(string Path, string Message)> Idle => _keywords.Idle;

    public InputSchema Read(JsonElement schema)
    {
        _keywords.Report(StorableJson.Problems(schema, Root));
        if (Problems.Count > 0)
        {
            return Nothing;
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            _keywords.Report(Root, "must be an object with \"fields\" or \"properties\"");
            return Nothing;
        }

        var hasFields = schema.TryGetProperty("fields", out var fields);
        if (hasFields == schema.TryGetProperty("properties", out _))
        {
            _keywords.Report(Root, "must have either \"fields\" or \"properties\"");
            return Nothing;
        }

        return hasFields ? ReadFields(schema, fields) : ReadProperties(schema);
    }

    private InputSchema ReadFields(JsonElement schema, JsonElement fields)
    {
        const string path = $"{Root}.fields";
        _keywords.CheckMembers(schema, Root, "type", "fields");
        CheckObjectType(schema);
        return _fields.IsObject(fields, path)
            ? new InputSchema([.. fields.EnumerateObject().Select(f => _fields.Field(f.Name, f.Value, $"{path}.{f.Name}")).OfType<InputField>()], allowsOthers: false)
            : Nothing;
    }

    private InputSchema ReadProperties(JsonElement schema)
    {
        _keywords.CheckMembers(schema, Root, "type", "properties", "required", "additionalProperties");
        CheckObjectType(schema);
        // Unlike in JSON Schema, what is not described is refused where nothing is said: a misspelt input must not run a default job.
        return new InputSchema(_fields.Properties(schema, Root, isInput: true), _keywords.Flag(schema, "additionalProperties", Root));
    }

    private void CheckObjectType(JsonElement schema)
    {
        if (schema.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object")))
        {
            _keywords.Report($"{Root}.type", "must be \"object\"");
        }
    }
}
