using System.Globalization;
using System.Numerics;
using System.Text;

namespace ComfyUi.Simulator.Python;

internal static class PyJsonWriter
{
    public static void Append(StringBuilder to, object? value)
    {
        switch (value)
        {
            case null: to.Append("null"); break;
            case bool b: to.Append(b ? "true" : "false"); break;
            case string s: AppendString(to, s); break;
            case double d: to.Append(FloatLiteral(d)); break;
            case BigInteger or int or long: to.Append(CultureInfo.InvariantCulture, $"{value}"); break;
            case PyDict map: AppendObject(to, map); break;
            case IEnumerable<object?> list: AppendArray(to, list); break;
            default: throw PythonError.TypeError($"Object of type {value.GetType().Name} is not JSON serializable");
        }
    }

    private static string FloatLiteral(double d) =>
        double.IsNaN(d) ? "NaN" : double.IsInfinity(d) ? (d > 0 ? "Infinity" : "-Infinity") : PyNumber.FloatText(d);

    private static void AppendObject(StringBuilder to, PyDict map)
    {
        to.Append('{');
        var separator = "";
        foreach (var (key, item) in map)
        {
            to.Append(separator);
            AppendString(to, key);
            to.Append(": ");
            Append(to, item);
            separator = ", ";
        }

        to.Append('}');
    }

    private static void AppendArray(StringBuilder to, IEnumerable<object?> list)
    {
        to.Append('[');
        var separator = "";
        foreach (var item in list)
        {
            to.Append(separator);
            Append(to, item);
            separator = ", ";
        }

        to.Append(']');
    }

    private static void AppendString(StringBuilder to, string s)
    {
        to.Append('"');
        var rest = s.AsSpan();
        while (true)
        {
            var plain = PlainLength(rest);
            to.Append(rest[..plain]);
            if (plain == rest.Length)
            {
                break;
            }

            AppendEscape(to, rest[plain]);
            rest = rest[(plain + 1)..];
        }

        to.Append('"');
    }

    private static int PlainLength(ReadOnlySpan<char> rest)
    {
        var i = 0;
        while (i < rest.Length && rest[i] is >= ' ' and < '\u007f' and not '"' and not '\\')
        {
            i++;
        }

        return i;
    }

    private static void AppendEscape(StringBuilder to, char c)
    {
        switch (c)
        {
            case '"': to.Append("\\\""); break;
            case '\\': to.Append("\\\\"); break;
            case '\n': to.Append("\\n"); break;
            case '\r': to.Append("\\r"); break;
            case '\t': to.Append("\\t"); break;
            case '\b': to.Append("\\b"); break;
            case '\f': to.Append("\\f"); break;
            case '\u007f': to.Append(c); break;
            default: to.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"); break;
        }
    }
}
