using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>A seed that is absent or -1 is drawn, over the whole range that ComfyUI takes (64 bits) or that the field allows.</summary>
internal static class Seed
{
    public const string Name = "seed";

    public static bool IsRandom(string field, JsonElement value) =>
        field == Name && value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == -1;

    public static JsonElement Draw(InputField field)
    {
        var min = Bound(field.Min, 0);
        var max = Bound(field.Max, ulong.MaxValue);
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        var drawn = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        var span = max - min;
        var seed = span == ulong.MaxValue ? drawn : min + (drawn % (span + 1));
        return JsonElement.Parse(seed.ToString(CultureInfo.InvariantCulture));
    }

    private static ulong Bound(JsonElement? bound, ulong otherwise) =>
        bound is { } number && number.TryGetDecimal(out var value) && value >= 0 && value <= ulong.MaxValue ? (ulong)value : otherwise;
}
