using System.Text;
using System.Text.RegularExpressions;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>
/// A pattern with the meaning that JSON Schema gives it (ECMA-262). .NET reads the same letters otherwise: its <c>$</c> also matches before a last
/// newline, and its <c>\d</c> takes the digits of every script.
/// </summary>
internal sealed class TextPattern(string written)
{
    // Without backtracking no pattern and no text can hang the gateway; look-around and back-references need it and throw here.
    private readonly Regex _regex = new(InDotNet(written), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);

    public bool IsMatch(string text) => _regex.IsMatch(text);

    public override string ToString() => written;

    private static string InDotNet(string pattern)
    {
        var translated = new StringBuilder(pattern.Length);
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\' when i + 1 < pattern.Length:
                    i++;
                    translated.Append(Members(pattern[i]) is { } members ? $"[{members}]" : $"\\{pattern[i]}");
                    break;
                case '[':
                    i = AppendClass(translated, pattern, i);
                    break;
                case '$':
                    translated.Append(@"\z");
                    break;
                case '.':
                    translated.Append(@"[^\n\r\u2028\u2029]");
                    break;
                default:
                    translated.Append(pattern[i]);
                    break;
            }
        }

        return translated.ToString();
    }

    /// <returns>Where the class ends.</returns>
    private static int AppendClass(StringBuilder translated, string pattern, int start)
    {
        var isNegated = start + 1 < pattern.Length && pattern[start + 1] == '^';
        var at = start + (isNegated ? 2 : 1);
        if (at < pattern.Length && pattern[at] == ']')
        {
            // Empty: anything or nothing. To .NET the bracket would be the first member.
            translated.Append(isNegated ? @"[\0-\uFFFF]" : @"[^\0-\uFFFF]");
            return at;
        }

        translated.Append(isNegated ? "[^" : "[");
        for (var isBehindSet = false; at < pattern.Length && pattern[at] != ']'; at++)
        {
            if (pattern[at] == '\\' && at + 1 < pattern.Length)
            {
                at++;
                translated.Append(Members(pattern[at]) ?? $"\\{pattern[at]}");
                isBehindSet = Members(pattern[at]) is not null;
                continue;
            }

            // A bracket is a plain member, and so is a hyphen beside a set: .NET would see a subtraction and a range.
            translated.Append(pattern[at] == '[' || (pattern[at] == '-' && (isBehindSet || IsBeforeSet(pattern, at))) ? $"\\{pattern[at]}" : pattern[at]);
            isBehindSet = false;
        }

        translated.Append(at < pattern.Length ? "]" : "");
        return at;
    }

    private static bool IsBeforeSet(string pattern, int hyphen) =>
        hyphen + 2 < pattern.Length && pattern[hyphen + 1] == '\\' && Members(pattern[hyphen + 2]) is not null;

    /// <summary>What a letter behind a backslash stands for, as members of a class; null where it is no set, or one that means the same in .NET.</summary>
    private static string? Members(char letter) => letter switch
    {
        'd' => "0-9",
        'D' => @"\0-/:-\uFFFF",
        'w' => "0-9_A-Za-z",
        'W' => @"\0-/:-@\[-\^`{-\uFFFF",
        's' => @"\t-\r \u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000\uFEFF",
        'S' => @"\0-\b\u000E-\u001F!-\u009F\u00A1-\u167F\u1681-\u1FFF\u200B-\u2027\u202A-\u202E\u2030-\u205E\u2060-\u2FFF\u3001-\uFEFE\uFF00-\uFFFF",
        _ => null,
    };
}
