using System.Buffers.Binary;

namespace ComfyGateway.Outputs.Files;

/// <summary>The size that an image's header states, without decoding the image.</summary>
internal static class ImageSize
{
    /// <summary>Width and height in pixels, or null where the head does not tell.</summary>
    public static (int Width, int Height)? Of(ReadOnlySpan<byte> head) => head switch
    {
        [0x89, (byte)'P', (byte)'N', (byte)'G', ..] when head.Length >= 24 => Positive(BigEndian32(head[16..]), BigEndian32(head[20..])),
        [(byte)'G', (byte)'I', (byte)'F', ..] when head.Length >= 10 => Positive(LittleEndian16(head[6..]), LittleEndian16(head[8..])),
        [0xFF, 0xD8, ..] => Jpeg(head),
        [(byte)'R', (byte)'I', (byte)'F', (byte)'F', ..] when head.Length >= 30 => WebP(head),
        _ => null,
    };

    private static (int, int)? Jpeg(ReadOnlySpan<byte> head)
    {
        // Segments: FF, marker, length, with any number of FF before the marker. Frame headers are C0…CF without C4, C8 and CC.
        var at = 2;
        while (at + 9 <= head.Length && head[at] == 0xFF)
        {
            var marker = head[at + 1];
            if (marker == 0xFF)
            {
                at++;
                continue;
            }

            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return Positive(BigEndian16(head[(at + 7)..]), BigEndian16(head[(at + 5)..]));
            }

            at += 2 + BigEndian16(head[(at + 2)..]);
        }

        return null;
    }

    private static (int, int)? WebP(ReadOnlySpan<byte> head) => head[12..16] switch
    {
        [(byte)'V', (byte)'P', (byte)'8', (byte)' '] => Positive(LittleEndian16(head[26..]) & 0x3FFF, LittleEndian16(head[28..]) & 0x3FFF),
        [(byte)'V', (byte)'P', (byte)'8', (byte)'L'] => Lossless(BinaryPrimitives.ReadUInt32LittleEndian(head[21..])),
        [(byte)'V', (byte)'P', (byte)'8', (byte)'X'] => Positive(LittleEndian24(head[24..]) + 1, LittleEndian24(head[27..]) + 1),
        _ => null,
    };

    private static (int, int)? Lossless(uint bits) => Positive((int)(bits & 0x3FFF) + 1, (int)((bits >> 14) & 0x3FFF) + 1);

    private static (int, int)? Positive(int width, int height) => width > 0 && height > 0 ? (width, height) : null;

    private static int BigEndian32(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadInt32BigEndian(at);

    private static int BigEndian16(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16BigEndian(at);

    private static int LittleEndian16(ReadOnlySpan<byte> at) => BinaryPrimitives.ReadUInt16LittleEndian(at);

    private static int LittleEndian24(ReadOnlySpan<byte> at) => at[0] | (at[1] << 8) | (at[2] << 16);
}
