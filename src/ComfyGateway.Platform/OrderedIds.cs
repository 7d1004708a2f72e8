using System.Buffers.Binary;
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
        if (_random is not { } buffer || _used == buffer.Length)
        {
            _random = buffer = RandomNumberGenerator.GetBytes(256 * Size);
            _used = 0;
        }

        var bytes = buffer.AsSpan(_used, Size);
        _used += Size;

        // RFC 9562, 5.7: the time, then four bits that say the version, and later two for the variant.
        var random = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) & 0x0FFF;
        BinaryPrimitives.WriteInt64BigEndian(bytes, (time.ToUnixTimeMilliseconds() << 16) | 0x7000L | (long)random);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
