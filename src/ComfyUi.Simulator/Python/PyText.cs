using System.Globalization;
using System.Numerics;
using System.Text;

namespace ComfyUi.Simulator.Python;

/// <summary>Python's str(), repr() and type names, which ComfyUI's messages are made of.</summary>
internal static class PyText
{
    public static string Str(object? value) => value as string ?? Repr(value);

    public static string Repr(object? value) => value switch
    {
        null => "None",
        bool b => b ? "True" : "False",
        string s => Quote(s),
        double d => double.IsNaN(d) ? "nan" : double.IsInfinity(d) ? (d > 0 ? "inf" : "-inf") : PyNumber.FloatText(d),
        PyDict map => $"{{{string.Join(", ", map.Select(p => $"{Quote(p.Key)}: {Repr(p.Value)}"))}}}",
        IEnumerable<object?> list => $"[{string.Join(", ", list.Select(Repr))}]",
        _ => string.Create(CultureInfo.InvariantCulture, $"{value}"),
    };

    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        bool => "bool",
        string => "str",
        double => "float",
        BigInteger => "int",
        PyDict => "dict",
        PyList => "list",
        _ => "object",
    };

    /// <summary>Python's bool(): zero, the empty and None are false.</summary>
    public static bool IsTrue(object? value) => value switch
    {
        null => false,
        bool b => b,
        string s => s.Length > 0,
        double d => d != 0,
        BigInteger i => !i.IsZero,
        PyDict map => map.Count > 0,
        PyList list => list.Count > 0,
        _ => true,
    };

    private static string Quote(string s)
    {
        var quote = s.Contains('\'', StringComparison.Ordinal) && !s.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        var text = new StringBuilder().Append(quote);
        foreach (var c in s)
        {
            text.Append(c switch
            {
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when c == quote => $"\\{c}",
                _ when char.IsControl(c) => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}"),
                _ => c.ToString(),
            });
        }

        return text.Append(quote).ToString();
    }
}
