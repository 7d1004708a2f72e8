using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Reads both written forms of a schema. A keyword that would not be honoured is a problem, never passed over.</summary>
internal sealed class InputSchemaReader
{
    private const string Root = "inputSchema";

    // Annotations: they describe and do not constrain.
    private static readonly HashSet<string> Annotations = ["description", "title", "examples", "$comment", "$schema", "$id", "format", "readOnly", "writeOnly", "deprecated"];

    private readonly List<(string Path, string Message)> _problems = [];

    public IReadOnlyCollection<(string Path, string Message)> Problems => _problems;

    public InputSchema Read(JsonElement schema)
    {
        _problems.AddRange(StorableJson.Problems(schema, Root));
        if (_problems.Count > 0)
        {
            return new InputSchema([], false);
        }

        if (schema.ValueKind != JsonValueKind.Object)
        {
            Report(Root, "must be an object with \"fields\" or \"properties\"");
            return new InputSchema([], false);
        }

        var hasFields = schema.TryGetProperty("fields", out var fields);
        var hasProperties = schema.TryGetProperty("properties", out var properties);
        if (hasFields == hasProperties)
        {
            Report(Root, "must have either \"fields\" or \"properties\"");
            return new InputSchema([], false);
        }

        return hasFields ? ReadFields(schema, fields) : ReadProperties(schema, properties);
    }

    private InputSchema ReadFields(JsonElement schema, JsonElement fields)
    {
        CheckMembers(schema, Root, "type", "fields");
        CheckObjectType(schema);
        return new InputSchema(ReadAll(fields, $"{Root}.fields", new HashSet<string>(), jsonSchema: false), allowsOthers: false);
    }

    private InputSchema ReadProperties(JsonElement schema, JsonElement properties)
    {
        CheckMembers(schema, Root, "type", "properties", "required", "additionalProperties");
        CheckObjectType(schema);
        var required = new HashSet<string>();
        if (schema.TryGetProperty("required", out var names))
        {
            if (names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String))
            {
                required.UnionWith(names.EnumerateArray().Select(n => n.GetString()!));
            }
            else
            {
                Report($"{Root}.required", "must be an array of names");
            }
        }

        var others = schema.TryGetProperty("additionalProperties", out var additional) && Boolean(additional, $"{Root}.additionalProperties");
        var fields = ReadAll(properties, $"{Root}.properties", required, jsonSchema: true);
        foreach (var name in required.Except(fields.Select(f => f.Name)))
        {
            Report($"{Root}.required", $"names \"{name}\", which is not in properties");
        }

        return new InputSchema(fields, others);
    }

    private List<InputField> ReadAll(JsonElement members, string path, HashSet<string> required, bool jsonSchema)
    {
        if (members.ValueKind != JsonValueKind.Object)
        {
            Report(path, "must be an object");
            return [];
        }

        return [.. members.EnumerateObject().Select(m => ReadField(m.Name, m.Value, $"{path}.{m.Name}", required.Contains(m.Name), jsonSchema)).OfType<InputField>()];
    }

    private InputField? ReadField(string name, JsonElement field, string path, bool required, bool jsonSchema)
    {
        if (field.ValueKind != JsonValueKind.Object)
        {
            Report(path, "must be an object");
            return null;
        }

        var (min, max) = jsonSchema ? ("minimum", "maximum") : ("min", "max");
        CheckMembers(field, path, jsonSchema
            ? ["type", "default", min, max, "minLength", "maxLength", "pattern", "enum", "const"]
            : ["type", "required", "default", min, max, "minLength", "maxLength", "pattern", "enum"]);

        var read = new InputField(name, ReadType(field, path, jsonSchema))
        {
            Required = jsonSchema ? required : field.TryGetProperty("required", out var flag) && Boolean(flag, $"{path}.required"),
            Min = Number(field, min, path),
            Max = Number(field, max, path),
            MinLength = Length(field, "minLength", path),
            MaxLength = Length(field, "maxLength", path),
            Pattern = ReadPattern(field, path),
            Enum = ReadEnum(field, path),
        };
        return WithDefault(read, field, path);
    }

    private InputField WithDefault(InputField read, JsonElement field, string path)
    {
        if (read.WhyNothing is { } reason)
        {
            Report(path, reason);
        }

        if (!field.TryGetProperty("default", out var given))
        {
            return read;
        }

        if (read.DefaultProblem(given) is { } problem)
        {
            Report($"{path}.default", problem);
        }

        return read with { Default = given };
    }

    private InputType ReadType(JsonElement field, string path, bool jsonSchema)
    {
        if (!field.TryGetProperty("type", out var type))
        {
            return field.TryGetProperty("enum", out _) || field.TryGetProperty("const", out _) ? InputType.Enum : InputType.Any;
        }

        switch (type.ValueKind == JsonValueKind.String ? type.GetString() : null)
        {
            case "string" when jsonSchema && IsImage(field): return InputType.Image;
            case "string": return InputType.String;
            case "number": return InputType.Number;
            case "integer": return InputType.Integer;
            case "boolean": return InputType.Boolean;
            case "enum" when !jsonSchema: return InputType.Enum;
            case "image" when !jsonSchema: return InputType.Image;
            default:
                Report($"{path}.type", $"must be one of string, number, integer, boolean{(jsonSchema ? "" : ", enum, image")}");
                return InputType.Any;
        }
    }

    // JSON Schema has no type for it; format is where it lets others say more.
    private static bool IsImage(JsonElement field) =>
        field.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && format.ValueEquals("image");

    private Regex? ReadPattern(JsonElement field, string path)
    {
        if (!field.TryGetProperty("pattern", out var pattern))
        {
            return null;
        }

        try
        {
            return new Regex(pattern.GetString()!, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or InvalidOperationException)
        {
            Report($"{path}.pattern", "must be a regular expression without look-around and back-references");
            return null;
        }
    }

    private JsonElement[]? ReadEnum(JsonElement field, string path)
    {
        if (field.TryGetProperty("const", out var constant))
        {
            return [constant];
        }

        if (!field.TryGetProperty("enum", out var values))
        {
            return null;
        }

        if (values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0)
        {
            return [.. values.EnumerateArray()];
        }

        Report($"{path}.enum", "must be an array that is not empty");
        return null;
    }

    private JsonElement? Number(JsonElement field, string keyword, string path)
    {
        if (field.TryGetProperty(keyword, out var value) && value.ValueKind != JsonValueKind.Number)
        {
            Report($"{path}.{keyword}", "must be a number");
            return null;
        }

        return value.ValueKind == JsonValueKind.Undefined ? null : value;
    }

    private int? Length(JsonElement field, string keyword, string path)
    {
        if (!field.TryGetProperty(keyword, out var value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var length) && length >= 0)
        {
            return length;
        }

        Report($"{path}.{keyword}", "must be a whole number of 0 or more");
        return null;
    }

    private bool Boolean(JsonElement value, string path)
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Report(path, "must be true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    private void CheckObjectType(JsonElement schema)
    {
        if (schema.TryGetProperty("type", out var type) && !(type.ValueKind == JsonValueKind.String && type.ValueEquals("object")))
        {
            Report($"{Root}.type", "must be \"object\"");
        }
    }

    private void CheckMembers(JsonElement element, string path, params string[] known)
    {
        foreach (var member in element.EnumerateObject().Where(m => !known.Contains(m.Name) && !Annotations.Contains(m.Name)))
        {
            Report($"{path}.{member.Name}", "is not supported here");
        }
    }

    private void Report(string path, string message) => _problems.Add((path, message));
}
