using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Reads what one input may be: a field of the short form, or a property of a JSON Schema and what is nested in it.</summary>
internal sealed class FieldReader(KeywordReader keywords)
{
    private static readonly string[] FieldKeywords = ["type", "required", "default", "min", "max", "minLength", "maxLength", "pattern", "enum"];

    // Of the fields form, those that say something of one kind of values only.
    private static readonly string[] NumberKeywords = ["min", "max"];
    private static readonly string[] TextKeywords = ["minLength", "maxLength", "pattern"];

    private static readonly string[] PropertyKeywords =
    [
        "type", "default", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "enum", "const",
        "items", "minItems", "maxItems", "uniqueItems", "properties", "required", "additionalProperties",
    ];

    public InputField? Field(string name, JsonElement field, string path)
    {
        if (!IsObject(field, path))
        {
            return null;
        }

        keywords.CheckMembers(field, path, FieldKeywords);
        var read = Common(name, field, path, Type(field, path, isProperty: false)) with
        {
            Required = keywords.Flag(field, "required", path),
            Min = keywords.Number(field, "min", path),
            Max = keywords.Number(field, "max", path),
        };
        ReportIdle(read, field, path);
        return WithDefault(read, field, path);
    }

    /// <param name="isInput">It is an input itself and not a value within one.</param>
    public InputField? Property(string name, JsonElement property, string path, bool isRequired, bool isInput)
    {
        if (!IsObject(property, path))
        {
            return null;
        }

        keywords.CheckMembers(property, path, PropertyKeywords);
        var read = Common(name, property, path, Type(property, path, isProperty: true)) with
        {
            Required = isRequired,
            IsNullable = IsNullable(property),
            Min = keywords.Number(property, "minimum", path),
            Max = keywords.Number(property, "maximum", path),
            Above = keywords.Number(property, "exclusiveMinimum", path),
            Below = keywords.Number(property, "exclusiveMaximum", path),
            MultipleOf = keywords.Step(property, "multipleOf", path),
        };
        if (read.Type == InputType.Image && !isInput)
        {
            keywords.Report($"{path}.format", "image is possible for an input itself, not for a value within one");
        }

        return WithDefault(WithParts(read, property, path), property, path);
    }

    /// <summary>The properties of an object, those that it requires marked.</summary>
    public List<InputField> Properties(JsonElement schema, string path, bool isInput)
    {
        var required = keywords.Required(schema, path);
        if (!schema.TryGetProperty("properties", out var properties))
        {
            properties = JsonElement.Parse("{}");
        }

        if (!IsObject(properties, $"{path}.properties"))
        {
            return [];
        }

        List<InputField> read =
        [
            .. properties.EnumerateObject()
                .Select(p => Property(p.Name, p.Value, $"{path}.properties.{p.Name}", required.Contains(p.Name), isInput)).OfType<InputField>(),
        ];
        foreach (var name in required.Except(properties.EnumerateObject().Select(p => p.Name)))
        {
            keywords.Report($"{path}.required", $"names \"{name}\", which is not in properties");
        }

        return read;
    }

    public bool IsObject(JsonElement element, string path)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            keywords.Report(path, "must be an object");
        }

        return element.ValueKind == JsonValueKind.Object;
    }

    /// <summary>Bounds that no value of the field is held to. JSON Schema lets them stand; the short form is read by nobody else, so there it is a mistake.</summary>
    private void ReportIdle(InputField read, JsonElement field, string path)
    {
        string[] idle = [.. read.TakesNumbers ? [] : NumberKeywords, .. read.TakesTexts ? [] : TextKeywords];
        foreach (var keyword in idle.Where(k => field.TryGetProperty(k, out _)))
        {
            keywords.ReportIdle($"{path}.{keyword}", $"means nothing for a field of type {read.Type.ToString().ToLowerInvariant()}");
        }
    }

    private InputField Common(string name, JsonElement field, string path, InputType type) => new(name, type)
    {
        MinLength = keywords.Length(field, "minLength", path),
        MaxLength = keywords.Length(field, "maxLength", path),
        Pattern = keywords.Pattern(field, path),
        Enum = keywords.Choices(field, path),
    };

    private InputField WithParts(InputField read, JsonElement property, string path) => read with
    {
        Items = property.TryGetProperty("items", out var items) ? Property("", items, $"{path}.items", isRequired: false, isInput: false) : null,
        MinItems = keywords.Length(property, "minItems", path),
        MaxItems = keywords.Length(property, "maxItems", path),
        UniqueItems = keywords.Flag(property, "uniqueItems", path),
        Members = Properties(property, path, isInput: false),
        AllowsOtherMembers = keywords.Flag(property, "additionalProperties", path, otherwise: true),
    };

    private InputField WithDefault(InputField read, JsonElement field, string path)
    {
        if (read.WhyNothing is { } reason)
        {
            keywords.Report(path, reason);
        }

        if (!field.TryGetProperty("default", out var given))
        {
            return read;
        }

        if (read.DefaultProblem(given) is { } problem)
        {
            keywords.Report($"{path}.default", problem);
        }

        return read with { Default = given };
    }

    private InputType Type(JsonElement field, string path, bool isProperty)
    {
        if (!field.TryGetProperty("type", out var type))
        {
            return field.TryGetProperty("enum", out _) || field.TryGetProperty("const", out _) ? InputType.Enum : InputType.Any;
        }

        var name = isProperty && NullableType(type) is { } other ? other : type;
        switch ((name.ValueKind == JsonValueKind.String ? name.GetString() : null, isProperty))
        {
            // JSON Schema has no type for it; format is where it lets others say more.
            case ("string", true) when field.TryGetProperty("format", out var format) && format.ValueKind == JsonValueKind.String && format.ValueEquals("image"):
            case ("image", false): return InputType.Image;
            case ("string", _): return InputType.String;
            case ("number", _): return InputType.Number;
            case ("integer", _): return InputType.Integer;
            case ("boolean", _): return InputType.Boolean;
            case ("enum", false): return InputType.Enum;
            case ("array", true): return InputType.Array;
            case ("object", true): return InputType.Object;
            default:
                keywords.Report($"{path}.type", isProperty
                    ? "must be one of string, number, integer, boolean, array, object, or a list of one of them and null"
                    : "must be one of string, number, integer, boolean, enum, image");
                return InputType.Any;
        }
    }

    private static bool IsNullable(JsonElement property) => property.TryGetProperty("type", out var type) && NullableType(type) is not null;

    /// <summary>Of <c>["integer", "null"]</c> the other; null for what is not such a list.</summary>
    private static JsonElement? NullableType(JsonElement type)
    {
        var names = type.ValueKind == JsonValueKind.Array ? type.EnumerateArray().ToArray() : [];
        return names.Length == 2 && names.Count(IsNull) == 1 ? names.First(n => !IsNull(n)) : null;

        static bool IsNull(JsonElement name) => name.ValueKind == JsonValueKind.String && name.ValueEquals("null");
    }
}
