using System.Buffers;
using System.Text.Json;

namespace ComfyUi.Client.Json;

/// <summary>Reads an answer of ComfyUI through a <see cref="JsonSieve"/>.</summary>
internal static class JsonAnswer
{
    private const int ChunkBytes = 64 * 1024;
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 256 };

    /// <exception cref="JsonException">The bytes are not JSON, or hold more than <see cref="JsonSieve.MaxKeptBytes"/>.</exception>
    public static async Task<JsonDocument> Read(Stream stream, SieveRule[] rules, CancellationToken ct)
    {
        var sieve = new JsonSieve(rules);
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkBytes);
        try
        {
            int count;
            while ((count = await stream.ReadAsync(chunk, ct)) > 0)
            {
                sieve.Write(chunk.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }

        return JsonDocument.Parse(sieve.Kept, Options);
    }

    /// <inheritdoc cref="Read(Stream, SieveRule[], CancellationToken)"/>
    public static JsonDocument Parse(ReadOnlySpan<byte> json, params SieveRule[] rules)
    {
        // Most of a large frame may be dropped.
        var sieve = new JsonSieve(rules, expectedBytes: Math.Clamp(json.Length, 1, JsonSieve.UsualBytes));
        sieve.Write(json);
        return JsonDocument.Parse(sieve.Kept, Options);
    }

    /// <summary>Strings that are not UTF-8 are found out only when they are read, and not by a JsonException.</summary>
    public static bool IsUnreadable(Exception e) =>
        e is JsonException
        || (e is InvalidOperationException && e.Source?.StartsWith("System.Text.Json", StringComparison.Ordinal) == true);
}
