using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>A seed that is absent or -1 is drawn, over the whole range that ComfyUI takes (64 bits) or that the field allows.</summary>
internal static class Seed
{
    public const string Name = "seed";

    // The numbers on either side of those that ComfyUI takes.
    private const decimal Before = -1;
    private const decimal Behind = ulong.MaxValue + 1m;

    public static bool IsRandom(string field, JsonElement value) =>
        field == Name && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == -1;

    public static JsonElement Draw(InputField field)
    {
        var least = Math.Max(decimal.Ceiling(Bound(field.Min, 0)), decimal.Floor(Bound(field.Above, Before)) + 1);
        var most = Math.Min(decimal.Floor(Bound(field.Max, ulong.MaxValue)), decimal.Ceiling(Bound(field.Below, Behind)) - 1);
        // A field with no such number in it says itself what is wrong with the one that is drawn.
        var min = (ulong)Math.Clamp(least, 0, ulong.MaxValue);
        var max = (ulong)Math.Clamp(most, min, ulong.MaxValue);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        var drawn = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var span = max - min;
        var seed = span == ulong.MaxValue ? drawn : min + (drawn % (span + 1));
        return JsonElement.Parse(seed.ToString(CultureInfo.InvariantCulture));
    }

    private static decimal Bound(JsonElement? bound, decimal otherwise) =>
        bound is { } number && number.TryGetDecimal(out var value) ? Math.Clamp(value, Before, Behind) : otherwise;
}
