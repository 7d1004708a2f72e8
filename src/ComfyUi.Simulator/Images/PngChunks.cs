using System.Buffers.Binary;
using System.Text;

namespace ComfyUi.Simulator.Images;

/// <summary>Reading and writing the chunks of a PNG file.</summary>
internal static class PngChunks
{
    private const int AfterHeader = 33;
    private static readonly uint[] CrcTable = [.. Enumerable.Range(0, 256).Select(Remainder)];

    public static byte[] WithText(byte[] png, IReadOnlyCollection<(string Key, string Text)> comments)
    {
        using var result = new MemoryStream();
        result.Write(png, 0, AfterHeader);
        foreach (var (key, text) in comments)
        {
            Write(result, "tEXt", Encoding.Latin1.GetBytes($"{key}\0{text}"));
        }

        result.Write(png, AfterHeader, png.Length - AfterHeader);
        return result.ToArray();
    }

    public static void Write(Stream to, string type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        to.Write(number);
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        to.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc(body));
        to.Write(number);
    }

    public static IEnumerable<(string Type, byte[] Data)> Read(byte[] png)
    {
        for (var at = 8; at + 12 <= png.Length;)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            yield return (Encoding.ASCII.GetString(png, at + 4, 4), png[(at + 8)..(at + 8 + length)]);
            at += length + 12;
        }
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes)
        {
            crc = CrcTable[(crc ^ b) & 0xff] ^ (crc >> 8);
        }

        return ~crc;
    }

    private static uint Remainder(int value)
    {
        var crc = (uint)value;
        for (var bit = 0; bit < 8; bit++)
        {
            crc = (crc & 1) != 0 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
        }

        return crc;
    }
}
