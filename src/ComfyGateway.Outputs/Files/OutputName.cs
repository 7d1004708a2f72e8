using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ComfyGateway.Outputs.Files;

/// <summary>Turns names that others chose into names that are safe as a path segment, in a URL and in a header, on every system.</summary>
internal static partial class OutputName
{
    private const int MaxLength = 120;
    private const string Signs = "._- ()[]{}+=,;@&'#%!";

    /// <summary>The last segment of <paramref name="name"/>, with everything replaced that some file system takes for more than a letter.</summary>
    public static string Safe(string name)
    {
        var last = name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Normalize(NormalizationForm.FormC);
        var safe = new StringBuilder(last.Length);
        foreach (var rune in last.EnumerateRunes())
        {
            safe.Append(IsHarmless(rune) ? rune.ToString() : "_");
        }

        var trimmed = Escape().Replace(safe.ToString(), "_").Trim(' ', '.');
        // A cut may make a reserved name, and an underscore may make one too long.
        return trimmed.Length == 0 ? "output" : Unreserved(Shorten(Unreserved(trimmed)));
    }

    // Not among the signs: what separates or is a wildcard somewhere, what a shell expands even in quotes, and ~, which begins the short names of Windows.
    private static bool IsHarmless(Rune rune) => rune.IsAscii
        ? Rune.IsLetterOrDigit(rune) || Signs.Contains((char)rune.Value)
        : rune != Rune.ReplacementChar && Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.OtherSymbol => true,
            // Beyond the first plane they are the skin colors of emoji.
            UnicodeCategory.ModifierSymbol => !rune.IsBmp,
            _ => Rune.IsLetterOrDigit(rune),
        };

    /// <summary>The first of <c>name.png</c>, <c>name-2.png</c>, … that is not taken, whatever the case; it is then.</summary>
    public static string Unique(string name, ISet<string> taken)
    {
        var stem = Path.GetFileNameWithoutExtension(name);
        var extension = Path.GetExtension(name);
        var unique = name;
        for (var n = 2; !taken.Add(unique); n++)
        {
            unique = $"{stem}-{n}{extension}";
        }

        return unique;
    }

    private static string Unreserved(string name) => ReservedOnWindows().IsMatch(name) ? $"_{name}" : name;

    private static string Shorten(string name)
    {
        if (Encoding.UTF8.GetByteCount(name) <= MaxLength)
        {
            return name;
        }

        var extension = Path.GetExtension(name) is { Length: <= 10 } known ? known : "";
        var room = MaxLength - Encoding.UTF8.GetByteCount(extension);
        var stem = new StringBuilder();
        foreach (var rune in name.EnumerateRunes())
        {
            room -= rune.Utf8SequenceLength;
            if (room < 0)
            {
                break;
            }

            stem.Append(rune);
        }

        return stem.ToString().TrimEnd(' ', '.') + extension;
    }

    // What a proxy that decodes once too often would take for another character.
    [GeneratedRegex("%(?=[0-9A-Fa-f]{2})")]
    private static partial Regex Escape();

    [GeneratedRegex(@"\A(con|prn|aux|nul|com[0-9]|lpt[0-9]) *(\.|\z)", RegexOptions.IgnoreCase)]
    private static partial Regex ReservedOnWindows();
}
