using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows.Templates;

/// <summary>
/// A <c>{{name}}</c>, <c>{{name|fallback}}</c> or <c>{{name?yes:no}}</c> in a text of a template. <c>\{{</c> stands for two plain braces.
/// </summary>
/// <param name="Name">The input that fills it.</param>
/// <param name="Fallback">The typed value where nothing fills it, or null where something must.</param>
/// <param name="Choice">The typed values that a true and a false input stand for, or null where the input itself is the value.</param>
internal sealed record Token(string Name, JsonElement? Fallback, (JsonElement Yes, JsonElement No)? Choice)
{
    private static readonly JsonElement[] Words = [JsonElement.Parse("true"), JsonElement.Parse("false"), JsonElement.Parse("null")];

    public static Token From(Match match) =>
        new(
            match.Groups["name"].Value,
            match.Groups["fallback"] is { Success: true } fallback ? Typed(fallback.Value) : null,
            match.Groups["yes"] is { Success: true } yes ? (Typed(yes.Value), Typed(match.Groups["no"].Value)) : null);

    /// <summary>A written value that reads as a JSON number, true, false or null has that type; anything else is a text.</summary>
    private static JsonElement Typed(string text)
    {
        if (Array.Find(Words, w => w.GetRawText() == text) is { ValueKind: not JsonValueKind.Undefined } word)
        {
            return word;
        }

        return TokenSyntax.JsonNumber().IsMatch(text) && JsonElement.Parse(text) is var number && StorableJson.NumberFault(number) is null
            ? number
            : JsonSerializer.SerializeToElement(text);
    }
}

/// <summary>The grammar of tokens, in one place.</summary>
internal static partial class TokenSyntax
{
    // First alternative: an escaped pair of braces, taken so that it is not read as the beginning of a token.
    [GeneratedRegex(@"\\\{\{|\{\{\s*(?<name>[A-Za-z_][A-Za-z0-9_.-]{0,127})\s*(?:\?(?<yes>[^{}:|]*):(?<no>[^{}:|]*)|\|(?<fallback>[^{}]*))?\}\}", RegexOptions.NonBacktracking)]
    public static partial Regex Pattern();

    [GeneratedRegex(@"\A-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?\z")]
    public static partial Regex JsonNumber();

    /// <summary>The token that is all of <paramref name="text"/>, or null.</summary>
    public static Token? Whole(string text) =>
        Pattern().Match(text) is { Success: true } match && match.Length == text.Length && match.Groups["name"].Success ? Token.From(match) : null;
}
