using System.Text;

namespace ComfyUi.Simulator.Python;

/// <summary>
/// JSON as Python's json module reads and writes it: NaN and Infinity are values, integers have no limit, lone surrogates
/// survive, and everything outside ASCII is written as an escape.
/// </summary>
internal static class PyJson
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static object? Parse(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return Parse(StrictUtf8.GetString(utf8));
        }
        catch (DecoderFallbackException e)
        {
            throw new PythonError("UnicodeDecodeError", e.Message);
        }
    }

    public static object? Parse(string text) => new PyJsonReader(text).ReadDocument();

    public static string Write(object? value)
    {
        var text = new StringBuilder();
        PyJsonWriter.Append(text, value);
        return text.ToString();
    }

    /// <summary>What Python compares two decoded documents by; numbers of different kinds are equal if their values are.</summary>
    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (PyDict a, PyDict b) => a.Count == b.Count && a.All(p => b.TryGetValue(p.Key, out var other) && AreEqual(p.Value, other)),
        (PyList a, PyList b) => a.Count == b.Count && a.Zip(b).All(p => AreEqual(p.First, p.Second)),
        _ when PyNumber.IsNumber(left) && PyNumber.IsNumber(right) => PyNumber.Compare(left, right) == 0,
        _ => Equals(left, right),
    };
}
