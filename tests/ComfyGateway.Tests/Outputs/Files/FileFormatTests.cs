using System.Text;
using ComfyGateway.Outputs.Files;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class FileFormatTests
{
    public static readonly TheoryData<string, byte[]> Accepted = new()
    {
        { "image/png", Samples.Png(1, 1) },
        { "image/jpeg", Samples.Jpeg(1, 1) },
        { "image/webp", Samples.WebPLossy(1, 1) },
        { "image/webp", Samples.WebPExtended(1, 1) },
        { "image/gif", Samples.Gif(1, 1) },
        { "image/gif", [.. "GIF87a"u8, 1, 0, 1, 0] },
        { "image/bmp", Pictures.Bmp(1, 1) },
        { "image/tiff", Pictures.Tiff(1, 1) },
        { "image/tiff", Pictures.Tiff(1, 1, isLittle: false) },
        { "image/avif", Samples.Box("avif") },
        { "image/avif", Pictures.Box("mif1", "miaf", "avif") },
        { "video/mp4", Samples.Box("isom") },
        { "video/mp4", Samples.Box("mp42") },
        { "video/mp4", Pictures.Box("XAVC", "mp42", "iso6") },
        { "video/quicktime", Samples.Box("qt  ") },
        { "audio/mp4", Samples.Box("M4A ") },
        { "video/webm", Pictures.Matroska("webm") },
        { "video/x-matroska", Pictures.Matroska("matroska") },
        { "audio/wav", Samples.Riff("WAVE", []) },
        { "audio/mpeg", [.. "ID3"u8, 4, 0, 0] },
        { "audio/mpeg", [0xFF, 0xFB, 0x90, 0x64] },
        { "audio/flac", [.. "fLaC"u8, 0] },
        { "audio/ogg", [.. "OggS"u8, 0] },
    };

    public static readonly TheoryData<string, byte[]> Refused = new()
    {
        { "nothing", [] },
        { "one byte", [0xFF] },
        { "text", "hello"u8.ToArray() },
        { "a page", "<!doctype html><script>alert(1)</script>"u8.ToArray() },
        { "SVG", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"u8.ToArray() },
        { "XML", "<?xml version='1.0'?><svg/>"u8.ToArray() },
        { "JSON", "{\"a\": 1}"u8.ToArray() },
        { "PDF", "%PDF-1.7"u8.ToArray() },
        { "ZIP", [.. "PK"u8, 3, 4] },
        { "a Windows program", [.. "MZ"u8, 0x90, 0] },
        { "ELF", [0x7F, .. "ELF"u8] },
        { "a script", "#!/bin/sh\n"u8.ToArray() },
        { "a pickle", [0x80, 0x02, (byte)'}', (byte)'q'] },
        { "a PNG with line ends changed on the way", [0x89, .. "PNG\n\u001a\n"u8] },
        { "a GIF of no version", "GIF88a"u8.ToArray() },
        { "AVI", Samples.Riff("AVI ", []) },
        { "HEIC", Pictures.Box("heic", "mif1", "heic") },
        { "BM and a text", Encoding.ASCII.GetBytes("BMW is a maker of cars and motorcycles") },
        { "EBML of another kind", Pictures.Matroska("other") },
        { "BigTIFF", [0x49, 0x49, 0x2B, 0x00, 8, 0, 0, 0] },
        { "AAC", [0xFF, 0xF1, 0x50, 0x80] },
        { "UTF-16 text", [0xFF, 0xFE, (byte)'a', 0] },
        { "MPEG with a bit rate that does not exist", [0xFF, 0xFB, 0xF0, 0x64] },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void A_file_is_what_its_content_says(string contentType, byte[] content) =>
        FileFormat.Of(content).ShouldNotBeNull().ContentType.ShouldBe(contentType);

    [Theory]
    [MemberData(nameof(Refused))]
    public void Anything_else_is_nothing_that_is_accepted(string what, byte[] content) => FileFormat.Of(content).ShouldBeNull(what);

    [Theory]
    [InlineData("cat.png", "cat.png")]
    [InlineData("cat.PNG", "cat.PNG")]
    [InlineData("cat", "cat.png")]
    [InlineData("cat.exe", "cat.png")]
    [InlineData("cat.svg", "cat.png")]
    [InlineData("cat.jpg", "cat.png")]
    [InlineData("cat.png.html", "cat.png.png")]
    public void A_name_ends_in_what_the_file_is(string given, string expected) => FileFormat.Png.Named(given).ShouldBe(expected);

    [Theory]
    [InlineData("a.jpeg")]
    [InlineData("a.jpg")]
    [InlineData("a.JFIF")]
    public void Other_usual_extensions_stay(string name) => FileFormat.Jpeg.Named(name).ShouldBe(name);
}
