using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.Platform.Json;

/// <summary>
/// PostgreSQL's jsonb keeps every value but three: U+0000, half a surrogate pair, and numbers without end. They are found here, at the door,
/// so that a member can be named instead of a statement failing later.
/// </summary>
public static class StorableJson
{
    // Of no double there are more; jsonb writes each of them out, so a few letters with a large exponent would come back as thousands.
    private const int MaxDecimals = 1_074;

    // Beyond about this jsonb takes not even zero.
    private const int MaxExponent = 1_000_000_000;

    private const string OutOfRange = "is out of range";

    /// <summary>The path and fault of each value below <paramref name="element"/> that cannot be kept.</summary>
    public static IEnumerable<(string Path, string Message)> Problems(JsonElement element, string path) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(p => NameProblems(p, path).Concat(Problems(p.Value, $"{path}.{SafeName(p)}"))),
        JsonValueKind.Array => element.EnumerateArray().SelectMany((item, i) => Problems(item, $"{path}[{i}]")),
        JsonValueKind.String when Fault(element) is { } fault => [(path, fault)],
        JsonValueKind.Number when NumberFault(element) is { } fault => [(path, fault)],
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

    /// <summary>What is wrong with a number, or null.</summary>
    public static string? NumberFault(JsonElement number)
    {
        if (!number.TryGetDouble(out var value) || !double.IsFinite(value))
        {
            return OutOfRange;
        }

        var written = JsonMarshal.GetRawUtf8Value(number);
        var digits = written;
        var exponent = 0;
        if (written.IndexOfAny((byte)'e', (byte)'E') is >= 0 and var at)
        {
            digits = written[..at];
            if (!int.TryParse(written[(at + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent) || Math.Abs((long)exponent) > MaxExponent)
            {
                return OutOfRange;
            }
        }

        var point = digits.IndexOf((byte)'.');
        var decimals = point < 0 ? 0 : digits.Length - point - 1;
        return decimals - (long)exponent > MaxDecimals ? $"has more than {MaxDecimals} decimal places" : null;
    }

    private const string LoneSurrogate = "must not contain half a surrogate pair";
    private const string NotUtf8 = "is not valid UTF-8";

    private static string? Fault(JsonElement text)
    {
        try
        {
            return Fault(text.GetString()!);
        }
        catch (InvalidOperationException unreadable)
        {
            return Fault(unreadable);
        }
    }

    /// <summary>What cannot even be read as a .NET string: bytes that are no UTF-8, and an escaped lone surrogate.</summary>
    private static string Fault(InvalidOperationException unreadable) => unreadable.InnerException is DecoderFallbackException ? NotUtf8 : LoneSurrogate;

    private static IEnumerable<(string, string)> NameProblems(JsonProperty property, string path) =>
        NameFault(property) is { } fault ? [(path, $"has a member whose name {fault}")] : [];

    private static string? NameFault(JsonProperty property)
    {
        try
        {
            return Fault(property.Name);
        }
        catch (InvalidOperationException unreadable)
        {
            return Fault(unreadable);
        }
    }

    private static string SafeName(JsonProperty property) => NameFault(property) is null ? property.Name : "?";
}
