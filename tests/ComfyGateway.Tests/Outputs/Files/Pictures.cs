using System.Buffers.Binary;
using System.Text;

namespace ComfyGateway.Tests.Outputs.Files;

/// <summary>The beginnings of more kinds of files, made by hand.</summary>
internal static class Pictures
{
    public static byte[] Bmp(int width, int height)
    {
        var bmp = new byte[54];
        "BM"u8.CopyTo(bmp);
        bmp[14] = 40;
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(18), width);
        BinaryPrimitives.WriteInt32LittleEndian(bmp.AsSpan(22), height);
        return bmp;
    }

    /// <summary>With its directory at the end, behind <paramref name="pixels"/> bytes.</summary>
    public static byte[] Tiff(uint width, uint height, bool isLittle = true, int pixels = 0)
    {
        byte[] magic = isLittle ? [0x49, 0x49, 0x2A, 0x00] : [0x4D, 0x4D, 0x00, 0x2A];
        return
        [
            .. magic, .. Number((uint)(8 + pixels), isLittle), .. new byte[pixels], .. Word(2, isLittle),
            .. Word(256, isLittle), .. Word(4, isLittle), .. Number(1, isLittle), .. Number(width, isLittle),
            .. Word(257, isLittle), .. Word(4, isLittle), .. Number(1, isLittle), .. Number(height, isLittle), 0, 0, 0, 0,
        ];
    }

    public static byte[] Avif(params (uint Width, uint Height)[] pictures) =>
        [.. Box("avif", "mif1"), .. pictures.SelectMany(p => (byte[])[.. Number(20, false), .. "ispe"u8, 0, 0, 0, 0, .. Number(p.Width, false), .. Number(p.Height, false)])];

    public static byte[] Box(string major, params string[] compatible) =>
        [.. Number((uint)(16 + (compatible.Length * 4)), false), .. "ftyp"u8, .. Encoding.ASCII.GetBytes(major), 0, 0, 0, 0, .. compatible.SelectMany(Encoding.ASCII.GetBytes)];

    public static byte[] Matroska(string docType) =>
        [0x1A, 0x45, 0xDF, 0xA3, 0x9F, 0x42, 0x86, 0x81, 1, 0x42, 0x82, (byte)(0x80 | docType.Length), .. Encoding.ASCII.GetBytes(docType), 0x42, 0x87, 0x81, 4];

    private static byte[] Number(uint value, bool isLittle)
    {
        var bytes = new byte[4];
        if (isLittle)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        }

        return bytes;
    }

    private static byte[] Word(ushort value, bool isLittle) => isLittle ? [(byte)value, (byte)(value >> 8)] : [(byte)(value >> 8), (byte)value];
}
