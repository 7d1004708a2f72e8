using System.Globalization;
using System.Numerics;
using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Whole numbers, exact over the whole range that ComfyUI takes: -2^63 … 2^64-1.</summary>
internal static class WholeNumber
{
    private static readonly BigInteger Smallest = long.MinValue;
    private static readonly BigInteger Largest = ulong.MaxValue;

    /// <summary>What to say of a number that is beyond the range.</summary>
    public static readonly string RangeRule = string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {Smallest} to {Largest}");

    /// <summary>The number written plainly (<c>12.0</c> and <c>1.2e1</c> become <c>12</c>), or null where it is not whole or out of range.</summary>
    public static JsonElement? From(JsonElement number)
    {
        if (number.TryGetInt64(out _) || number.TryGetUInt64(out _))
        {
            return number;
        }

        if (!number.TryGetDecimal(out var exact) || decimal.Truncate(exact) != exact)
        {
            return null;
        }

        var whole = new BigInteger(exact);
        return IsBeyond(number) ? null : JsonElement.Parse(whole.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Whether the number, whole or not, is out of range.</summary>
    public static bool IsBeyond(JsonElement number) => number.TryGetDecimal(out var exact)
        ? exact < (decimal)Smallest || exact > (decimal)Largest
        : number.GetDouble() is var near && (near < (double)Smallest || near > (double)Largest);
}

/// <summary>Compares JSON numbers exactly where both fit a decimal, which all integers that ComfyUI takes do.</summary>
internal static class NumberOrder
{
    public static int Compare(JsonElement left, JsonElement right) =>
        left.TryGetDecimal(out var a) && right.TryGetDecimal(out var b)
            ? a.CompareTo(b)
            : left.GetDouble().CompareTo(right.GetDouble());

    /// <summary>Whether <paramref name="number"/> is a whole number of steps.</summary>
    public static bool IsMultiple(JsonElement number, JsonElement step) =>
        number.TryGetDecimal(out var a) && step.TryGetDecimal(out var b) && b != 0
            ? a % b == 0
            : double.IsInteger(number.GetDouble() / step.GetDouble());
}
