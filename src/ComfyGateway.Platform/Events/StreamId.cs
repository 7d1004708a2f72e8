using System.Security.Cryptography;
using System.Text;

namespace ComfyGateway.Platform.Events;

/// <summary>Streams are named by UUIDs, some of their subjects by slugs: the hash of the one is the other.</summary>
public static class StreamId
{
    /// <param name="kind">Keeps subjects of different kinds apart, e.g. <c>workflow</c>.</param>
    /// <param name="slug">What clients call it.</param>
    public static Guid Of(string kind, string slug)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{kind}:{slug}"), hash);
        // Version 8: a UUID of our own making.
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }
}
