using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

internal enum InputType { String, Number, Integer, Boolean, Enum, Image, Array, Object, Any }

/// <summary>What one input, or a value within it, may be. Bounds are inclusive where they do not say otherwise; lengths count Unicode code points.</summary>
internal sealed record InputField(string Name, InputType Type)
{
    /// <summary>For people; constrains nothing.</summary>
    public string? Description { get; init; }

    public bool Required { get; init; }

    public bool IsNullable { get; init; }

    public JsonElement? Default { get; init; }

    public JsonElement? Min { get; init; }

    public JsonElement? Max { get; init; }

    public JsonElement? Above { get; init; }

    public JsonElement? Below { get; init; }

    public JsonElement? MultipleOf { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    public TextPattern? Pattern { get; init; }

    public IReadOnlyList<JsonElement>? Enum { get; init; }

    /// <summary>What each item of an array must be; null for anything.</summary>
    public InputField? Items { get; init; }

    public int? MinItems { get; init; }

    public int? MaxItems { get; init; }

    public bool UniqueItems { get; init; }

    /// <summary>The members of an object that are described.</summary>
    public IReadOnlyList<InputField> Members { get; init; } = [];

    public bool AllowsOtherMembers { get; init; } = true;

    public bool TakesNumbers => Type is InputType.Number or InputType.Integer or InputType.Any || TakesChoice(JsonValueKind.Number);

    public bool TakesTexts => Type is InputType.String or InputType.Image or InputType.Any || TakesChoice(JsonValueKind.String);

    /// <summary>Why no value at all is accepted, or null.</summary>
    public string? WhyNothing => this switch
    {
        { Type: InputType.Enum, Enum: null } => "needs \"enum\", the list of what is accepted",
        { Min: { } min, Max: { } max } when NumberOrder.Compare(min, max) > 0 =>
            $"accepts nothing: the minimum {min.GetRawText()} is above the maximum {max.GetRawText()}",
        { Above: { } above } when (Below ?? Max) is { } most && NumberOrder.Compare(above, most) >= 0 =>
            $"accepts nothing: no number is above {above.GetRawText()} and not above {most.GetRawText()}",
        { Below: { } below, Min: { } least } when NumberOrder.Compare(least, below) >= 0 =>
            $"accepts nothing: no number is below {below.GetRawText()} and not below {least.GetRawText()}",
        { MinLength: { } min, MaxLength: { } max } when min > max => $"accepts nothing: the least length {min} is above the greatest {max}",
        { MinItems: { } min, MaxItems: { } max } when min > max => $"accepts nothing: the least number of items {min} is above the greatest {max}",
        { Enum: { } values } when values.All(v => Check(v).Problem is not null) =>
            "accepts nothing: no value of its enum is of its type and within its bounds",
        _ => null,
    };

    /// <summary>The value as it goes into the graph, and the first thing that is wrong with it.</summary>
    public (JsonElement Value, string? Problem) Check(JsonElement value) =>
        ValueProblems.Of(this, value, "").Select(p => p.Path.Length == 0 ? p.Message : $"{p.Path.TrimStart('.')} {p.Message}").FirstOrDefault() is { } problem
            ? (value, problem)
            : (Filled(value), null);

    /// <summary>What is wrong with a value for jobs that bring none, or null.</summary>
    public string? DefaultProblem(JsonElement value) =>
        Seed.IsRandom(Name, value) ? null
        : Check(value).Problem ?? (Type == InputType.Image && value.ValueKind == JsonValueKind.String && ImageReference.IsUpload(value.GetString()!)
            ? "must not be an upload, which expires and has an owner; name a URL, or a file in ComfyUI's own input folder"
            : null);

    private bool TakesChoice(JsonValueKind kind) => Type == InputType.Enum && Enum is { } choices && choices.Any(c => c.ValueKind == kind);

    /// <summary>The value with the defaults of what it leaves out, and whole numbers written plainly.</summary>
    private JsonElement Filled(JsonElement value) => (Type, value.ValueKind) switch
    {
        (InputType.Integer, JsonValueKind.Number) => WholeNumber.From(value) ?? value,
        (InputType.Array, JsonValueKind.Array) when Items is { } items => JsonSerializer.SerializeToElement(value.EnumerateArray().Select(items.Filled)),
        (InputType.Object, JsonValueKind.Object) when Members.Count > 0 => FilledObject(value),
        _ => value,
    };

    private JsonElement FilledObject(JsonElement value)
    {
        var filled = value.EnumerateObject().ToDictionary(m => m.Name, m => m.Value);
        foreach (var member in Members)
        {
            if (filled.TryGetValue(member.Name, out var given))
            {
                filled[member.Name] = member.Filled(given);
            }
            else if (member.Default is { } otherwise)
            {
                filled[member.Name] = otherwise;
            }
        }

        return JsonSerializer.SerializeToElement(filled);
    }
}
