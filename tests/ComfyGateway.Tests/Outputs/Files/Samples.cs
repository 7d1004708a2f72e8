using System.Buffers.Binary;
using System.Text;

namespace ComfyGateway.Tests.Outputs.Files;

/// <summary>The beginnings of real files, made by hand.</summary>
internal static class Samples
{
    public static byte[] Png(uint width, uint height) =>
        [0x89, .. "PNG\r\n\u001a\n"u8, .. Chunk("IHDR", [.. Big(width), .. Big(height), 8, 2, 0, 0, 0]), .. Chunk("IEND", [])];

    public static byte[] Gif(ushort width, ushort height) => [.. "GIF89a"u8, .. Little(width), .. Little(height), 0, 0, 0, 0x3B];

    /// <param name="frame">The marker of the frame header: C0 is baseline, C2 progressive.</param>
    /// <param name="before">Segments before it, e.g. EXIF.</param>
    public static byte[] Jpeg(ushort width, ushort height, byte frame = 0xC0, params byte[][] before) =>
    [
        0xFF, 0xD8, .. Segment(0xE0, [.. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0]), .. before.SelectMany(b => b),
        .. Segment(frame, [8, .. Big(height), .. Big(width), 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]), 0xFF, 0xD9,
    ];

    public static byte[] Segment(byte marker, byte[] content) => [0xFF, marker, .. Big((ushort)(content.Length + 2)), .. content];

    public static byte[] WebPLossy(ushort width, ushort height) =>
        Riff("WEBP", [.. "VP8 "u8, .. Little(10u), 0x30, 0x01, 0x00, 0x9D, 0x01, 0x2A, .. Little(width), .. Little(height), 0, 0, 0, 0]);

    public static byte[] WebPLossless(uint width, uint height) =>
        Riff("WEBP", [.. "VP8L"u8, .. Little(9u), 0x2F, .. Little((width - 1) | ((height - 1) << 14)), 0, 0, 0, 0, 0, 0]);

    public static byte[] WebPExtended(uint width, uint height) =>
        Riff("WEBP", [.. "VP8X"u8, .. Little(10u), 0x10, 0, 0, 0, .. Little(width - 1)[..3], .. Little(height - 1)[..3]]);

    public static byte[] Riff(string form, byte[] content) => [.. "RIFF"u8, .. Little((uint)content.Length + 4), .. Encoding.ASCII.GetBytes(form), .. content];

    public static byte[] Box(string brand) => [.. Big(24u), .. "ftyp"u8, .. Encoding.ASCII.GetBytes(brand), 0, 0, 2, 0, .. "isommp42"u8];

    private static byte[] Chunk(string type, byte[] content)
    {
        byte[] named = [.. Encoding.ASCII.GetBytes(type), .. content];
        return [.. Big((uint)content.Length), .. named, .. Big(Crc(named))];
    }

    private static uint Crc(byte[] content)
    {
        var crc = uint.MaxValue;
        foreach (var part in content)
        {
            crc ^= part;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) == 0 ? crc >> 1 : (crc >> 1) ^ 0xEDB88320;
            }
        }

        return ~crc;
    }

    private static byte[] Big(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private static byte[] Big(ushort value) => Big((uint)value)[2..];

    private static byte[] Little(uint value) => [.. Big(value).Reverse()];

    private static byte[] Little(ushort value) => Little((uint)value)[..2];
}
