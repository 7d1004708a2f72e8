using System.Buffers.Binary;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>
/// Copies an image without what it tells about its making, and without decoding it: not a pixel changes. ComfyUI writes the whole prompt
/// into PNG (tEXt, and <c>comf</c> in animations) and WebP (EXIF).
/// </summary>
internal static class MetadataFree
{
    private const int HeadSize = 12;

    // Everything that says how the image looks. What is not known is left out, since it may say anything.
    private static readonly HashSet<string> PngChunks =
        ["IHDR", "PLTE", "IDAT", "IEND", "tRNS", "cHRM", "gAMA", "iCCP", "sBIT", "sRGB", "bKGD", "hIST", "pHYs", "cICP", "mDCV", "cLLI", "acTL", "fcTL", "fdAT"];

    private static readonly HashSet<string> WebPChunks = ["VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"];

    /// <summary>Copies without metadata. Of an image that is cut, what there is.</summary>
    /// <returns>False where <paramref name="source"/> is in none of the formats that can be copied so; nothing is written then.</returns>
    public static bool Copy(Stream source, Stream target)
    {
        try
        {
            return CopyWhole(source, target);
        }
        catch (EndOfStreamException)
        {
            return true;
        }
    }

    private static bool CopyWhole(Stream source, Stream target)
    {
        Span<byte> head = stackalloc byte[HeadSize];
        var read = source.ReadAtLeast(head, HeadSize, throwOnEndOfStream: false);
        source.Position = 0;
        switch (head[..read])
        {
            case [0x89, (byte)'P', (byte)'N', (byte)'G', ..]:
                CopyPng(source, target);
                return true;
            case [0xFF, 0xD8, 0xFF, ..]:
                CopyJpeg(source, target);
                return true;
            case var riff when read == HeadSize && riff.StartsWith("RIFF"u8) && riff[8..].SequenceEqual("WEBP"u8):
                CopyWebP(source, target);
                return true;
            default:
                return false;
        }
    }

    private static void CopyPng(Stream source, Stream target)
    {
        const int signature = 8;
        const int lengthAndType = 8;
        const int checksum = 4;
        Pass(source, target, signature);
        Span<byte> chunk = stackalloc byte[lengthAndType];
        for (var type = ""; type != "IEND";)
        {
            source.ReadExactly(chunk);
            type = System.Text.Encoding.Latin1.GetString(chunk[4..]);
            var size = (long)BinaryPrimitives.ReadUInt32BigEndian(chunk) + checksum;
            if (PngChunks.Contains(type))
            {
                target.Write(chunk);
                Pass(source, target, size);
            }
            else
            {
                source.Seek(size, SeekOrigin.Current);
            }
        }
    }

    // Up to the scan, segments: FF, marker, length. APP0 is JFIF, APP2 the color profile, APP14 Adobe's color transform; others and comments go.
    private static void CopyJpeg(Stream source, Stream target)
    {
        const byte startOfScan = 0xDA;
        Pass(source, target, 2);
        Span<byte> length = stackalloc byte[2];
        for (byte marker = 0; marker != startOfScan;)
        {
            marker = NextMarker(source);
            source.ReadExactly(length);
            var size = BinaryPrimitives.ReadUInt16BigEndian(length) - 2;
            if (marker is (>= 0xE0 and <= 0xEF and not (0xE0 or 0xE2 or 0xEE)) or 0xFE)
            {
                source.Seek(size, SeekOrigin.Current);
            }
            else
            {
                target.Write([0xFF, marker, .. length]);
                Pass(source, target, size);
            }
        }

        source.CopyTo(target);
    }

    // Readers pass over what is no marker, and over any number of FF before one.
    private static byte NextMarker(Stream source)
    {
        var (before, at) = (0, source.ReadByte());
        while (at >= 0 && !(before == 0xFF && at is not (0 or 0xFF)))
        {
            (before, at) = (at, source.ReadByte());
        }

        return at >= 0 ? (byte)at : throw new EndOfStreamException();
    }

    // Chunks: name, length, content, a byte more where the length is odd. The length of the whole is known at the end.
    private static void CopyWebP(Stream source, Stream target)
    {
        const int chunkHead = 8;
        const byte exifAndXmp = 0b0000_1100;
        Pass(source, target, HeadSize);
        Span<byte> chunk = stackalloc byte[chunkHead];
        while (source.ReadAtLeast(chunk, chunkHead, throwOnEndOfStream: false) == chunkHead)
        {
            var size = (long)BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]);
            var type = System.Text.Encoding.Latin1.GetString(chunk[..4]);
            if (!WebPChunks.Contains(type))
            {
                source.Seek(size + (size & 1), SeekOrigin.Current);
                continue;
            }

            target.Write(chunk);
            if (type == "VP8X")
            {
                target.WriteByte((byte)(source.ReadByte() & ~exifAndXmp));
                size--;
            }

            Pass(source, target, size + (BinaryPrimitives.ReadUInt32LittleEndian(chunk[4..]) & 1));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(chunk, (uint)(target.Length - chunkHead));
        target.Position = 4;
        target.Write(chunk[..4]);
    }

    private static void Pass(Stream source, Stream target, long count)
    {
        const int pieceSize = 64 * 1024;
        var piece = new byte[Math.Min(count, pieceSize)];
        for (var left = count; left > 0;)
        {
            var part = piece.AsSpan(0, (int)Math.Min(left, piece.Length));
            var read = source.ReadAtLeast(part, part.Length, throwOnEndOfStream: false);
            target.Write(part[..read]);
            left -= read == part.Length ? read : throw new EndOfStreamException();
        }
    }
}
