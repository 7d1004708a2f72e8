using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Platform.Problems;

/// <summary>Says in a client's words what is wrong with a JSON body; the serializer's own messages name .NET types.</summary>
internal static partial class JsonProblem
{
    public static ProblemException From(JsonException exception)
    {
        var path = Path(exception);
        if (UnknownMember().Match(exception.Message) is { Success: true } unknown)
        {
            return ProblemException.Invalid(Join(ParentOf(path, unknown.Groups[1].Value), unknown.Groups[1].Value), "is not a known member");
        }

        if (MissingMembers().Match(exception.Message) is { Success: true } missing)
        {
            return ProblemException.Invalid([.. missing.Groups[1].Value.Split(", ").Select(m => (Join(path, m.Trim('\'')), "is required"))]);
        }

        if (exception is DuplicateMemberException duplicate)
        {
            return ProblemException.Invalid($"{path}{duplicate.Below}".TrimStart('.'), "appears more than once");
        }

        return exception.Message switch
        {
            _ when exception.Message.Contains("maximum configured depth", StringComparison.Ordinal)
                => ProblemException.Invalid(path, $"is nested deeper than {ApiJson.MaxRequestDepth} levels"),
            _ when exception.Message.Contains("Duplicate propert", StringComparison.Ordinal)
                => ProblemException.Invalid(path, "appears more than once"),
            _ when exception.Message.Contains("could not be converted", StringComparison.Ordinal) && path.Length == 0
                => ProblemException.Invalid("", "The body must be a JSON object."),
            _ when exception.Message.Contains("could not be converted", StringComparison.Ordinal)
                => ProblemException.Invalid(path, "has the wrong type"),
            _ when exception.Message.Contains("null", StringComparison.Ordinal) && path.Length > 0
                => ProblemException.Invalid(path, "must not be null"),
            _ => ProblemException.Invalid("", Malformed(exception)),
        };
    }

    private static string Malformed(JsonException exception) => exception.LineNumber is { } line
        ? $"The body is not valid JSON (line {line + 1}, byte {exception.BytePositionInLine + 1})."
        : "The body is not valid JSON.";

    private static string Path(JsonException exception) => exception.Path is { Length: > 1 } path ? path[1..].TrimStart('.') : "";

    // For an unknown member the serializer's path may or may not already end in it.
    private static string ParentOf(string path, string member) =>
        path == member ? ""
        : path.EndsWith($".{member}", StringComparison.Ordinal) ? path[..^(member.Length + 1)]
        : path.EndsWith($"['{member}']", StringComparison.Ordinal) ? path[..^(member.Length + 4)]
        : path;

    private static string Join(string path, string member) => path.Length == 0 ? member : $"{path}.{member}";

    [GeneratedRegex("The JSON property '(.*)' could not be mapped", RegexOptions.Singleline)]
    private static partial Regex UnknownMember();

    [GeneratedRegex("missing required properties including: (.*?)\\.")]
    private static partial Regex MissingMembers();
}
