using System.Security.Cryptography;

namespace ComfyGateway.Platform;

/// <summary>
/// Ids like <see cref="Guid.CreateVersion7(DateTimeOffset)"/> makes, for where many are made: that one asks the system for its random bits
/// each time, and accepting a job takes three ids.
/// </summary>
public static class OrderedIds
{
    private const int Size = 16;

    [ThreadStatic]
    private static byte[]? _random;

    [ThreadStatic]
    private static int _used;

    /// <summary>An id of UUID version 7 that begins with the millisecond <paramref name="time"/>.</summary>
    public static Guid New(DateTimeOffset time)
    {
        if (_random is not { } random || _used == random.Length)
        {
            _random = random = RandomNumberGenerator.GetBytes(256 * Size);
            _used = 0;
        }

        var bytes = random.AsSpan(_used, Size);
        _used += Size;
        var milliseconds = time.ToUnixTimeMilliseconds();
        for (var n = 5; n >= 0; n--, milliseconds >>= 8)
        {
            bytes[n] = (byte)milliseconds;
        }

        // RFC 9562, 5.7: four bits say the version, two the variant.
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x70);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
