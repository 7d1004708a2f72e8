using System.Buffers.Binary;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Files;

/// <summary>The size that an image's header states, wherever in the file the header is; nothing is decoded.</summary>
internal static class PixelSize
{
    // Metadata goes before the frame header of a JPEG in pieces of up to 64 KiB; more pieces than this are no picture.
    private const int MaxSegments = 2048;
    private const int MaxTags = 512;
    private const int HeadSize = 64 * 1024;

    /// <summary>Width and height in pixels, or null where the header states none that make sense.</summary>
    public static async Task<(int Width, int Height)?> Read(Stream image, FileFormat kind, CancellationToken ct)
    {
        var head = await image.Part(0, HeadSize, ct);
        if (kind == FileFormat.Jpeg)
        {
            return ImageSize.Of(head) ?? await Jpeg(image, ct);
        }

        return kind switch
        {
            _ when kind == FileFormat.Png => head.AsSpan(8).IndexOf("IHDR"u8) == 4 ? ImageSize.Of(head) : null,
            _ when kind == FileFormat.Bmp => Bmp(head),
            _ when kind == FileFormat.Tiff => await Tiff(image, head, ct),
            _ when kind == FileFormat.Avif => Avif(head),
            _ => ImageSize.Of(head),
        };
    }

    private static async Task<(int, int)?> Jpeg(Stream image, CancellationToken ct)
    {
        var at = 2L;
        for (var n = 0; n < MaxSegments; n++)
        {
            var segment = await image.Part(at, 9, ct);
            if (segment is not [0xFF, var marker, ..] || segment.Length < 9)
            {
                return null;
            }

            // A frame header as in ImageSize, which sees only those near the beginning.
            if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
            {
                return Positive(BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(7)), BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(5)));
            }

            at += marker == 0xFF ? 1 : 2 + BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(2));
        }

        return null;
    }

    // The oldest header has 16-bit sizes; a negative height says that the rows go from top to bottom.
    private static (int, int)? Bmp(ReadOnlySpan<byte> head) => head[14] == 12
        ? Positive(BinaryPrimitives.ReadUInt16LittleEndian(head[18..]), BinaryPrimitives.ReadUInt16LittleEndian(head[20..]))
        : Positive(BinaryPrimitives.ReadInt32LittleEndian(head[18..]), Math.Abs((long)BinaryPrimitives.ReadInt32LittleEndian(head[22..])));

    private static async Task<(int, int)?> Tiff(Stream image, byte[] head, CancellationToken ct)
    {
        if (head.Length < 8)
        {
            return null;
        }

        var isLittle = head[0] == 'I';
        var at = Long(head, 4, isLittle);
        if (await image.Part(at, 2, ct) is not { Length: 2 } count)
        {
            return null;
        }

        var tags = await image.Part(at + 2, Math.Min(Short(count, 0, isLittle), MaxTags) * 12, ct);
        long width = 0, height = 0;
        for (var tag = 0; tag + 12 <= tags.Length; tag += 12)
        {
            const int wide = 4;
            var value = Short(tags, tag + 2, isLittle) == wide ? Long(tags, tag + 8, isLittle) : Short(tags, tag + 8, isLittle);
            (width, height) = Short(tags, tag, isLittle) switch
            {
                256 => (value, height),
                257 => (width, value),
                _ => (width, height),
            };
        }

        return Positive(width, height);
    }

    // "ispe" holds a size; there is one for each picture in the file, thumbnails and tiles included, so the largest counts.
    private static (int, int)? Avif(ReadOnlySpan<byte> head)
    {
        long width = 0, height = 0;
        for (var at = head.IndexOf("ispe"u8); at >= 0 && at + 16 <= head.Length;)
        {
            width = Math.Max(width, BinaryPrimitives.ReadUInt32BigEndian(head[(at + 8)..]));
            height = Math.Max(height, BinaryPrimitives.ReadUInt32BigEndian(head[(at + 12)..]));
            var next = head[(at + 4)..].IndexOf("ispe"u8);
            at = next < 0 ? -1 : at + 4 + next;
        }

        return Positive(width, height);
    }

    private static int Short(byte[] bytes, int at, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt16BigEndian(bytes.AsSpan(at));

    private static long Long(byte[] bytes, int at, bool isLittle) =>
        isLittle ? BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) : BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(at));

    private static (int, int)? Positive(long width, long height) =>
        width is > 0 and <= int.MaxValue && height is > 0 and <= int.MaxValue ? ((int)width, (int)height) : null;
}
