using System.Text.Json;

namespace ComfyGateway.Platform.Json;

/// <summary>
/// PostgreSQL's jsonb keeps every value but three: U+0000, half a surrogate pair, and numbers without end. They are found here, at the door,
/// so that a member can be named instead of a statement failing later.
/// </summary>
public static class StorableJson
{
    /// <summary>The path and fault of each value below <paramref name="element"/> that cannot be kept.</summary>
    public static IEnumerable<(string Path, string Message)> Problems(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => NameProblems(p, path).Concat(Problems(p.Value, $"{path}.{SafeName(p)}"))),
        JsonValueKind.Array => element.EnumerateArray().SelectMany((item, i) => Problems(item, $"{path}[{i}]")),
        JsonValueKind.String when Fault(element) is { } fault => [(path, fault)],
        JsonValueKind.Number when !element.TryGetDouble(out var number) || !double.IsFinite(number) => [(path, "is out of range")],
        _ => [],
    };

    /// <summary>What is wrong with <paramref name="text"/>, or null.</summary>
    public static string? Fault(string text)
    {
        if (text.Contains('\0'))
        {
            return "must not contain the character U+0000";
        }

        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return LoneSurrogate;
            }
        }

        return null;
    }

    private const string LoneSurrogate = "must not contain half a surrogate pair";

    private static string? Fault(JsonElement text)
    {
        try
        {
            return Fault(text.GetString()!);
        }
        catch (InvalidOperationException)
        {
            // An escaped lone surrogate cannot even be read as a .NET string.
            return LoneSurrogate;
        }
    }

    private static IEnumerable<(string, string)> NameProblems(JsonProperty property, string path) =>
        NameFault(property) is { } fault ? [(path, $"has a member whose name {fault}")] : [];

    private static string? NameFault(JsonProperty property)
    {
        try
        {
            return Fault(property.Name);
        }
        catch (InvalidOperationException)
        {
            return LoneSurrogate;
        }
    }

    private static string SafeName(JsonProperty property) => NameFault(property) is null ? property.Name : "?";
}
