using System.Globalization;
using System.Text;

namespace ComfyUi.Simulator.Python;

internal sealed partial class PyJsonReader(string text)
{
    private const int RecursionLimit = 990;
    private int _at;
    private int _depth;

    public object? ReadDocument()
    {
        var value = ReadValue();
        SkipSpace();
        return _at == text.Length ? value : throw Malformed("Extra data");
    }

    private object? ReadValue()
    {
        SkipSpace();
        return Peek() switch
        {
            '{' => Nested(ReadObject),
            '[' => Nested(ReadArray),
            '"' => ReadString(),
            't' => Word("true", true),
            'f' => Word("false", false),
            'n' => Word("null", null),
            'N' => Word("NaN", double.NaN),
            'I' => Word("Infinity", double.PositiveInfinity),
            '-' when text.AsSpan(_at).StartsWith("-Infinity") => Word("-Infinity", double.NegativeInfinity),
            _ => ReadNumber(),
        };
    }

    private T Nested<T>(Func<T> read)
    {
        if (++_depth > RecursionLimit)
        {
            throw new PythonError("RecursionError", "maximum recursion depth exceeded");
        }

        _at++;
        var value = read();
        _depth--;
        return value;
    }

    private PyDict ReadObject()
    {
        var result = new PyDict();
        while (!Closes('}', result.Count == 0))
        {
            SkipSpace();
            var key = Peek() == '"' ? ReadString() : throw Malformed("Expecting property name enclosed in double quotes");
            SkipSpace();
            Expect(':');
            result[key] = ReadValue();
        }

        return result;
    }

    private PyList ReadArray()
    {
        var result = new PyList();
        while (!Closes(']', result.Count == 0))
        {
            result.Add(ReadValue());
        }

        return result;
    }

    private bool Closes(char end, bool isFirst)
    {
        SkipSpace();
        if (Peek() == end)
        {
            _at++;
            return true;
        }

        if (!isFirst)
        {
            Expect(',');
            SkipSpace();
            return Peek() == end ? throw Malformed("Illegal trailing comma") : false;
        }

        return false;
    }

    private string ReadString()
    {
        var start = ++_at;
        var stop = text.AsSpan(start).IndexOfAny('"', '\\');
        if (stop >= 0 && text[start + stop] == '"')
        {
            _at = start + stop + 1;
            return Checked(text.AsSpan(start, stop)).ToString();
        }

        return ReadEscapedString();
    }

    private string ReadEscapedString()
    {
        var result = new StringBuilder();
        while (true)
        {
            var rest = text.AsSpan(_at);
            var stop = rest.IndexOfAny('"', '\\');
            if (stop < 0)
            {
                throw Malformed("Unterminated string");
            }

            result.Append(Checked(rest[..stop]));
            _at += stop + 1;
            if (rest[stop] == '"')
            {
                return result.ToString();
            }

            result.Append(ReadEscape());
        }
    }

    private ReadOnlySpan<char> Checked(ReadOnlySpan<char> plain) =>
        plain.IndexOfAnyInRange('\0', '\u001f') < 0 ? plain : throw Malformed("Invalid control character");

    private char ReadEscape() => Take() switch
    {
        '"' => '"',
        '\\' => '\\',
        '/' => '/',
        'b' => '\b',
        'f' => '\f',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' when _at + 4 <= text.Length
            && ushort.TryParse(
                text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var code) => Escaped(code),
        _ => throw Malformed("Invalid \\escape"),
    };

    private char Escaped(ushort code)
    {
        _at += 4;
        return (char)code;
    }

    private object? Word(string word, object? value)
    {
        if (!text.AsSpan(_at).StartsWith(word))
        {
            throw Malformed("Expecting value");
        }

        _at += word.Length;
        return value;
    }

    private void SkipSpace()
    {
        while (Peek() is ' ' or '\t' or '\n' or '\r')
        {
            _at++;
        }
    }

    private void Expect(char c)
    {
        if (Take() != c)
        {
            throw Malformed($"Expecting '{c}' delimiter");
        }
    }

    private char Take() => _at < text.Length ? text[_at++] : throw Malformed("Unexpected end");

    private char Peek() => _at < text.Length ? text[_at] : '\0';

    private PythonError Malformed(string what) => new("json.decoder.JSONDecodeError", $"{what}: char {_at}");
}
