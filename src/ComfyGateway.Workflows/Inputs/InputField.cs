using System.Text.Json;
using System.Text.RegularExpressions;

namespace ComfyGateway.Workflows.Inputs;

internal enum InputType { String, Number, Integer, Boolean, Enum, Image, Any }

/// <summary>What one input may be. Bounds are inclusive; lengths count Unicode code points.</summary>
internal sealed record InputField(string Name, InputType Type)
{
    /// <summary>For people; constrains nothing.</summary>
    public string? Description { get; init; }

    public bool Required { get; init; }

    public JsonElement? Default { get; init; }

    public JsonElement? Min { get; init; }

    public JsonElement? Max { get; init; }

    public int? MinLength { get; init; }

    public int? MaxLength { get; init; }

    /// <summary>Compiled without backtracking, so that no pattern and no text can hang the gateway.</summary>
    public Regex? Pattern { get; init; }

    public IReadOnlyList<JsonElement>? Enum { get; init; }

    /// <summary>Why no value at all is accepted, or null.</summary>
    public string? WhyNothing => this switch
    {
        { Type: InputType.Enum, Enum: null } => "needs \"enum\", the list of what is accepted",
        { Min: { } min, Max: { } max } when NumberOrder.Compare(min, max) > 0 =>
            $"accepts nothing: the minimum {min.GetRawText()} is above the maximum {max.GetRawText()}",
        { MinLength: { } min, MaxLength: { } max } when min > max => $"accepts nothing: the least length {min} is above the greatest {max}",
        { Enum: { } values } when values.All(v => Check(v).Problem is not null) =>
            "accepts nothing: no value of its enum is of its type and within its bounds",
        _ => null,
    };

    /// <summary>What is wrong with a value for jobs that bring none, or null.</summary>
    public string? DefaultProblem(JsonElement value) =>
        Seed.IsRandom(Name, value) ? null
        : Check(value).Problem ?? (Type == InputType.Image && ImageReference.IsUpload(value.GetString()!)
            ? "must not be an upload, which expires and has an owner; name a URL, or a file in ComfyUI's own input folder"
            : null);

    /// <summary>The value as it goes into the graph, or what is wrong with it.</summary>
    public (JsonElement Value, string? Problem) Check(JsonElement value) => Type switch
    {
        InputType.String when value.ValueKind != JsonValueKind.String => (value, "must be a string"),
        InputType.Boolean when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False) => (value, "must be true or false"),
        InputType.Number when value.ValueKind != JsonValueKind.Number => (value, "must be a number"),
        InputType.Integer => CheckInteger(value),
        InputType.Image when value.ValueKind != JsonValueKind.String || value.ValueEquals("") => (value, "must be a string that says which file"),
        _ => (value, ProblemOf(value)),
    };

    private (JsonElement, string?) CheckInteger(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && WholeNumber.From(value) is { } whole
            ? (whole, ProblemOf(whole))
            : (value, "must be a whole number");

    private string? ProblemOf(JsonElement value)
    {
        if (Enum is { } allowed && !allowed.Any(a => JsonElement.DeepEquals(a, value)))
        {
            return $"must be one of {string.Join(", ", allowed.Select(a => a.GetRawText()))}";
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number => NumberProblem(value),
            JsonValueKind.String => TextProblem(value.GetString()!),
            _ => null,
        };
    }

    private string? NumberProblem(JsonElement value)
    {
        if (Min is { } min && NumberOrder.Compare(value, min) < 0)
        {
            return $"must be at least {min.GetRawText()}";
        }

        return Max is { } max && NumberOrder.Compare(value, max) > 0 ? $"must be at most {max.GetRawText()}" : null;
    }

    private string? TextProblem(string text)
    {
        var length = MinLength is null && MaxLength is null ? 0 : text.EnumerateRunes().Count();
        return this switch
        {
            { MinLength: { } min } when length < min => $"must have at least {min} characters",
            { MaxLength: { } max } when length > max => $"must have at most {max} characters",
            { Pattern: { } pattern } when !pattern.IsMatch(text) => $"must match {pattern}",
            _ => null,
        };
    }
}
