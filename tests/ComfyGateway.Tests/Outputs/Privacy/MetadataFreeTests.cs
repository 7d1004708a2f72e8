using System.Buffers.Binary;
using System.Text;
using ComfyGateway.Outputs.Privacy;
using NetVips;

namespace ComfyGateway.Tests.Outputs.Privacy;

public sealed class MetadataFreeTests
{
    private const string Secret = "a secret prompt";

    [Fact]
    public void A_png_loses_what_it_tells_and_no_pixel()
    {
        var plain = Noise().PngsaveBuffer(keep: Enums.ForeignKeep.None);
        var telling = Insert(plain, 33, PngChunk("tEXt", $"prompt\0{Secret}"), PngChunk("comf", Secret), PngChunk("eXIf", Secret));

        Stripped(telling).ShouldBe(plain);
    }

    [Fact]
    public void A_jpeg_loses_what_it_tells_and_no_pixel()
    {
        var plain = Noise().JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None);
        var telling = Insert(plain, 2, [0xFF, 0xE1, 0, (byte)(Secret.Length + 2), .. Encoding.Latin1.GetBytes(Secret)], [0xFF, 0xFE, 0, (byte)(Secret.Length + 2), .. Encoding.Latin1.GetBytes(Secret)]);

        Stripped(telling).ShouldBe(plain);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_webp_loses_what_it_tells_and_no_pixel(bool lossless)
    {
        using var telling = Noise().Mutate(m => m.Set(GValue.BlobType, "xmp-data", Encoding.UTF8.GetBytes($"<x>{Secret}</x>")));
        var bytes = telling.WebpsaveBuffer(lossless: lossless, keep: Enums.ForeignKeep.All);
        bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)).ShouldBeGreaterThan(0);

        var stripped = Stripped(bytes);

        stripped.AsSpan().IndexOf(Encoding.UTF8.GetBytes(Secret)).ShouldBe(-1);
        BinaryPrimitives.ReadUInt32LittleEndian(stripped.AsSpan(4)).ShouldBe((uint)stripped.Length - 8);
        using var before = Image.NewFromBuffer(bytes);
        using var after = Image.NewFromBuffer(stripped);
        ((before - after).Abs().Max()).ShouldBe(0);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GIF89a and more than twelve bytes")]
    [InlineData("plain text that is long enough")]
    public void Other_files_are_left_to_the_caller(string content)
    {
        using var target = new MemoryStream();

        MetadataFree.Copy(new MemoryStream(Encoding.Latin1.GetBytes(content)), target).ShouldBeFalse();

        target.Length.ShouldBe(0);
    }

    [Fact]
    public void Of_an_image_that_is_cut_what_is_there_is_copied()
    {
        var plain = Noise().PngsaveBuffer(keep: Enums.ForeignKeep.None);
        var telling = Insert(plain, 33, PngChunk("tEXt", $"prompt\0{Secret}"));

        Stripped(telling[..^40]).ShouldBe(plain[..^40]);
        Stripped(telling[..40]).ShouldBe(plain[..33]);
    }

    [Fact]
    public void A_jpeg_may_have_more_than_segments_between_them()
    {
        var plain = Noise().JpegsaveBuffer(q: 90, keep: Enums.ForeignKeep.None);
        byte[] comment = [0xFF, 0xFE, 0, (byte)(Secret.Length + 2), .. Encoding.Latin1.GetBytes(Secret)];

        Stripped(Insert(plain, 2, [0xFF, 0xFF], comment, [0, 1, 0xFF])).ShouldBe(plain);
    }

    private static byte[] Stripped(byte[] bytes)
    {
        using var target = new MemoryStream();
        MetadataFree.Copy(new MemoryStream(bytes), target).ShouldBeTrue();
        return target.ToArray();
    }

    private static Image Noise() => Image.Gaussnoise(32, 32, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar);

    private static byte[] Insert(byte[] bytes, int at, params byte[][] parts) => [.. bytes[..at], .. parts.SelectMany(p => p), .. bytes[at..]];

    private static byte[] PngChunk(string type, string content)
    {
        var chunk = new byte[12 + content.Length];
        BinaryPrimitives.WriteUInt32BigEndian(chunk, (uint)content.Length);
        Encoding.Latin1.GetBytes(type + content, chunk.AsSpan(4));
        return chunk;
    }
}
