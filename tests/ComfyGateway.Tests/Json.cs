using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Tests;

/// <summary>JSON as tests write it, and the problems that the gateway finds in it.</summary>
internal static class Json
{
    public static JsonElement Of([StringSyntax(StringSyntaxAttribute.Json)] string text) => JsonElement.Parse(text);

    public static JsonElement Of(ReadOnlyMemory<byte> utf8) => JsonElement.Parse(utf8.Span);

    /// <summary>The members of an object by name.</summary>
    public static Dictionary<string, JsonElement> Members([StringSyntax(StringSyntaxAttribute.Json)] string text) =>
        Of(text).EnumerateObject().ToDictionary(m => m.Name, m => m.Value);

    /// <summary>The members that <paramref name="act"/> refuses, each with what is wrong.</summary>
    public static IReadOnlyDictionary<string, string[]> RefusedBy(Action act)
    {
        var problem = act.ShouldThrow<ProblemException>();
        problem.Code.ShouldBe(ProblemCode.ValidationError);
        return problem.Errors;
    }
}
