using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>What is wrong with a value, each by its place within the value: <c>[1].weight</c>.</summary>
internal static class ValueProblems
{
    private static readonly IEqualityComparer<JsonElement> JsonValues = EqualityComparer<JsonElement>.Create(JsonElement.DeepEquals, HashOf);

    public static IEnumerable<(string Path, string Message)> Of(InputField field, JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Null && field.IsNullable)
        {
            return [];
        }

        if ((TypeProblem(field, value) ?? ChoiceProblem(field, value)) is { } wrong)
        {
            return [(path, field.IsNullable ? $"{wrong}, or null" : wrong)];
        }

        return value.ValueKind switch
        {
            JsonValueKind.Number => At(path, NumberProblem(field, value)),
            JsonValueKind.String => At(path, TextProblem(field, value.GetString()!)),
            JsonValueKind.Array => At(path, ArrayProblem(field, value)).Concat(ItemProblems(field, value, path)),
            JsonValueKind.Object => MemberProblems(field, value, path),
            _ => [],
        };
    }

    private static IEnumerable<(string, string)> At(string path, string? problem) => problem is null ? [] : [(path, problem)];

    private static string? TypeProblem(InputField field, JsonElement value) => field.Type switch
    {
        InputType.String when value.ValueKind != JsonValueKind.String => "must be a string",
        InputType.Boolean when value.ValueKind is not (JsonValueKind.True or JsonValueKind.False) => "must be true or false",
        InputType.Number when value.ValueKind != JsonValueKind.Number => "must be a number",
        InputType.Integer when value.ValueKind == JsonValueKind.Number && WholeNumber.IsBeyond(value) => NumberProblem(field, value) ?? WholeNumber.RangeRule,
        InputType.Integer when value.ValueKind != JsonValueKind.Number || WholeNumber.From(value) is null => "must be a whole number",
        InputType.Image when value.ValueKind != JsonValueKind.String || value.ValueEquals("") => "must be a string that says which file",
        InputType.Array when value.ValueKind != JsonValueKind.Array => "must be an array",
        InputType.Object when value.ValueKind != JsonValueKind.Object => "must be an object",
        _ => null,
    };

    private static string? ChoiceProblem(InputField field, JsonElement value) =>
        field.Enum is { } allowed && !allowed.Any(a => JsonElement.DeepEquals(a, value))
            ? $"must be one of {string.Join(", ", allowed.Select(a => a.GetRawText()))}"
            : null;

    private static string? NumberProblem(InputField field, JsonElement value) => field switch
    {
        { Min: { } min } when NumberOrder.Compare(value, min) < 0 => $"must be at least {min.GetRawText()}",
        { Max: { } max } when NumberOrder.Compare(value, max) > 0 => $"must be at most {max.GetRawText()}",
        { Above: { } above } when NumberOrder.Compare(value, above) <= 0 => $"must be above {above.GetRawText()}",
        { Below: { } below } when NumberOrder.Compare(value, below) >= 0 => $"must be below {below.GetRawText()}",
        { MultipleOf: { } step } when !NumberOrder.IsMultiple(value, step) => $"must be a multiple of {step.GetRawText()}",
        _ => null,
    };

    private static string? TextProblem(InputField field, string text)
    {
        var length = field.MinLength is null && field.MaxLength is null ? 0 : text.EnumerateRunes().Count();
        return field switch
        {
            { MinLength: { } min } when length < min => $"must have at least {min} characters",
            { MaxLength: { } max } when length > max => $"must have at most {max} characters",
            { Pattern: { } pattern } when !pattern.IsMatch(text) => $"must match {pattern}",
            _ => null,
        };
    }

    private static string? ArrayProblem(InputField field, JsonElement value) => field switch
    {
        { MinItems: { } min } when value.GetArrayLength() < min => $"must have at least {min} items",
        { MaxItems: { } max } when value.GetArrayLength() > max => $"must have at most {max} items",
        { UniqueItems: true } when value.EnumerateArray().Distinct(JsonValues).Count() < value.GetArrayLength() => "must not have the same item twice",
        _ => null,
    };

    private static IEnumerable<(string, string)> ItemProblems(InputField field, JsonElement value, string path) =>
        field.Items is { } items ? value.EnumerateArray().SelectMany((item, i) => Of(items, item, $"{path}[{i}]")) : [];

    private static IEnumerable<(string, string)> MemberProblems(InputField field, JsonElement value, string path)
    {
        var missing = field.Members.Where(m => m.Required && !value.TryGetProperty(m.Name, out _)).Select(m => ($"{path}.{m.Name}", "is required"));
        var wrong = field.Members.Where(m => value.TryGetProperty(m.Name, out _)).SelectMany(m => Of(m, value.GetProperty(m.Name), $"{path}.{m.Name}"));
        var names = field.Members.Select(m => m.Name).ToArray();
        var others = field.AllowsOtherMembers
            ? []
            : value.EnumerateObject().Where(m => !names.Contains(m.Name)).Select(m => ($"{path}.{m.Name}", $"is not a member of this object{Nearest.Hint(m.Name, names)}"));
        return missing.Concat(wrong).Concat(others);
    }

    // Equal values have equal hashes: 1 and 1.0 are equal, and so are objects whose members are in another order.
    private static int HashOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => value.GetDouble().GetHashCode(),
        JsonValueKind.String => value.GetString()!.GetHashCode(StringComparison.Ordinal),
        JsonValueKind.Array => value.EnumerateArray().Aggregate(17, (hash, item) => HashCode.Combine(hash, HashOf(item))),
        JsonValueKind.Object => value.EnumerateObject().Aggregate(17, (hash, m) => hash ^ HashCode.Combine(m.Name, HashOf(m.Value))),
        _ => (int)value.ValueKind,
    };
}
