using System.Globalization;
using System.Numerics;

namespace ComfyUi.Simulator.Python;

/// <summary>Python's numbers: int(), float(), their order and how a float is written.</summary>
internal static class PyNumber
{
    public static bool IsNumber(object? value) => value is BigInteger or double or bool;

    public static int Compare(object? left, object? right) =>
        left is double || right is double ? AsDouble(left).CompareTo(AsDouble(right)) : AsInteger(left).CompareTo(AsInteger(right));

    public static bool IsLess(object? left, object? right) =>
        IsNumber(left) && IsNumber(right)
            ? left is not double.NaN && right is not double.NaN && Compare(left, right) < 0
            : throw PythonError.TypeError(
                $"'<' not supported between instances of '{PyText.TypeName(left)}' and '{PyText.TypeName(right)}'");

    public static BigInteger ToInt(object? value) => value switch
    {
        BigInteger i => i,
        bool b => b ? 1 : 0,
        double.NaN => throw PythonError.ValueError("cannot convert float NaN to integer"),
        double d when double.IsInfinity(d) => throw new PythonError("OverflowError", "cannot convert float infinity to integer"),
        double d => new BigInteger(d),
        string s => ParseInt(s.Trim()) ?? throw PythonError.ValueError($"invalid literal for int() with base 10: {PyText.Repr(s)}"),
        _ => throw PythonError.TypeError(
            $"int() argument must be a string, a bytes-like object or a real number, not '{PyText.TypeName(value)}'"),
    };

    public static double ToFloat(object? value) => value switch
    {
        double d => d,
        BigInteger i => (double)i,
        bool b => b ? 1 : 0,
        string s => ParseFloat(s) ?? throw PythonError.ValueError($"could not convert string to float: {PyText.Repr(s)}"),
        _ => throw PythonError.TypeError($"float() argument must be a string or a real number, not '{PyText.TypeName(value)}'"),
    };

    public static string FloatText(double d)
    {
        var shortest = d.ToString("E16", CultureInfo.InvariantCulture);
        for (var precision = 0; precision < 17; precision++)
        {
            var candidate = d.ToString($"E{precision}", CultureInfo.InvariantCulture);
            if (double.Parse(candidate, CultureInfo.InvariantCulture).Equals(d))
            {
                shortest = candidate;
                break;
            }
        }

        var mark = shortest.IndexOf('E', StringComparison.Ordinal);
        var exponent = int.Parse(shortest.AsSpan(mark + 1), CultureInfo.InvariantCulture);
        return exponent is < -4 or >= 16 ? Scientific(shortest[..mark], exponent) : Plain(d);
    }

    private static string Scientific(string mantissa, int exponent) =>
        string.Create(CultureInfo.InvariantCulture, $"{mantissa}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");

    private static string Plain(double d)
    {
        var text = ((decimal)d) is var exact && (double)exact == d
            ? exact.ToString("0.0###########################", CultureInfo.InvariantCulture)
            : d.ToString("R", CultureInfo.InvariantCulture);
        return d == 0 && double.IsNegative(d) ? "-0.0" : text;
    }

    private static BigInteger? ParseInt(string s) => BigInteger.TryParse(
        s.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var i) ? i : null;

    private static double? ParseFloat(string s) => s.Trim().ToUpperInvariant() switch
    {
        "NAN" => double.NaN,
        "INF" or "+INF" or "INFINITY" => double.PositiveInfinity,
        "-INF" or "-INFINITY" => double.NegativeInfinity,
        var plain => double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out var d) ? d : null,
    };

    private static double AsDouble(object? value) => value is double d ? d : (double)AsInteger(value);

    private static BigInteger AsInteger(object? value) => value is bool b ? (b ? 1 : 0) : (BigInteger)value!;
}
