using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Reads single keywords of a schema, and notes each that is not as it must be.</summary>
internal sealed class KeywordReader
{
    // Annotations: they describe and do not constrain.
    private static readonly HashSet<string> Annotations = ["description", "title", "examples", "$comment", "$schema", "$id", "format", "readOnly", "writeOnly", "deprecated"];

    private readonly List<(string Path, string Message)> _problems = [];

    private readonly List<(string Path, string Message)> _idle = [];

    public IReadOnlyCollection<(string Path, string Message)> Problems => _problems;

    /// <summary>Keywords that have no effect where they stand.</summary>
    public IReadOnlyCollection<(string Path, string Message)> Idle => _idle;

    public void Report(string path, string message) => _problems.Add((path, message));

    public void ReportIdle(string path, string message) => _idle.Add((path, message));

    public void Report(IEnumerable<(string Path, string Message)> problems) => _problems.AddRange(problems);

    /// <summary>A keyword that would not be honoured is a problem, never passed over.</summary>
    public void CheckMembers(JsonElement element, string path, params string[] known)
    {
        foreach (var member in element.EnumerateObject().Where(m => !known.Contains(m.Name) && !Annotations.Contains(m.Name)))
        {
            Report($"{path}.{member.Name}", "is not supported here");
        }
    }

    public JsonElement? Number(JsonElement field, string keyword, string path)
    {
        if (field.TryGetProperty(keyword, out var value) && value.ValueKind != JsonValueKind.Number)
        {
            Report($"{path}.{keyword}", "must be a number");
            return null;
        }

        return value.ValueKind == JsonValueKind.Undefined ? null : value;
    }

    public JsonElement? Step(JsonElement field, string keyword, string path)
    {
        var step = Number(field, keyword, path);
        if (step is { } given && given.GetDouble() <= 0)
        {
            Report($"{path}.{keyword}", "must be above 0");
            return null;
        }

        return step;
    }

    public int? Length(JsonElement field, string keyword, string path)
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

    /// <param name="otherwise">What it is where it is not said.</param>
    public bool Flag(JsonElement field, string keyword, string path, bool otherwise = false)
    {
        if (!field.TryGetProperty(keyword, out var value))
        {
            return otherwise;
        }

        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            Report($"{path}.{keyword}", "must be true or false");
        }

        return value.ValueKind == JsonValueKind.True;
    }

    public TextPattern? Pattern(JsonElement field, string path)
    {
        if (!field.TryGetProperty("pattern", out var pattern))
        {
            return null;
        }

        try
        {
            return new TextPattern(pattern.GetString()!);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException or InvalidOperationException)
        {
            Report($"{path}.pattern", "must be a regular expression without look-around and back-references");
            return null;
        }
    }

    public JsonElement[]? Choices(JsonElement field, string path)
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

    /// <summary>JSON Schema's list of members that must be there.</summary>
    public HashSet<string> Required(JsonElement schema, string path)
    {
        if (!schema.TryGetProperty("required", out var names))
        {
            return [];
        }

        if (names.ValueKind == JsonValueKind.Array && names.EnumerateArray().All(n => n.ValueKind == JsonValueKind.String))
        {
            return [.. names.EnumerateArray().Select(n => n.GetString()!)];
        }

        Report($"{path}.required", "must be an array of names");
        return [];
    }
}
