using System.Text;
using ComfyGateway.Outputs.Files;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class FileKindTests
{
    public static TheoryData<string, byte[], string, string> Contents => new()
    {
        { "x", Samples.Png(1, 1), "image/png", "image" },
        { "x", Samples.Jpeg(1, 1), "image/jpeg", "image" },
        { "x", Samples.Gif(1, 1), "image/gif", "image" },
        { "x", Samples.WebPLossy(1, 1), "image/webp", "image" },
        { "x", Samples.Box("avif"), "image/avif", "image" },
        { "x", Samples.Box("isom"), "video/mp4", "video" },
        { "x", Samples.Box("qt  "), "video/quicktime", "video" },
        { "x", Samples.Riff("WAVE", new byte[16]), "audio/wav", "audio" },
        { "x", "fLaC\0\0\0\u0022"u8.ToArray(), "audio/flac", "audio" },
        { "x", "ID3\u0004\0\0"u8.ToArray(), "audio/mpeg", "audio" },
        { "x", "glTF\u0002\0\0\0"u8.ToArray(), "model/gltf-binary", "model" },
        { "evil.html", Samples.Png(1, 1), "image/png", "image" },
        { "picture.png", Samples.Jpeg(1, 1), "image/jpeg", "image" },
        { "movie.webm", [0x1A, 0x45, 0xDF, 0xA3], "video/webm", "video" },
        { "movie.avi", Samples.Riff("AVI ", new byte[16]), "application/octet-stream", "file" },
    };

    [Theory]
    [MemberData(nameof(Contents))]
    public void The_first_bytes_tell_where_they_can(string name, byte[] head, string contentType, string kind) =>
        FileKind.Of(name, head).ShouldBe(new FileKind(contentType, kind));

    [Theory]
    [InlineData("a.png", "image/png", "image")]
    [InlineData("a.PNG", "image/png", "image")]
    [InlineData("a.svg", "image/svg+xml", "image")]
    [InlineData("a.mkv", "video/x-matroska", "video")]
    [InlineData("a.ogg", "audio/ogg", "audio")]
    [InlineData("a.opus", "audio/ogg", "audio")]
    [InlineData("a.txt", "text/plain; charset=utf-8", "text")]
    [InlineData("a.json", "application/json", "text")]
    [InlineData("a.obj", "model/obj", "model")]
    [InlineData("a.safetensors", "application/octet-stream", "file")]
    [InlineData("a.html", "application/octet-stream", "file")]
    [InlineData("a.js", "application/octet-stream", "file")]
    [InlineData("a.png.exe", "application/octet-stream", "file")]
    [InlineData("a", "application/octet-stream", "file")]
    [InlineData("", "application/octet-stream", "file")]
    [InlineData("png", "application/octet-stream", "file")]
    public void Else_the_name_tells(string name, string contentType, string kind) =>
        FileKind.Of(name, Encoding.UTF8.GetBytes("<html><script>")).ShouldBe(new FileKind(contentType, kind));

    [Fact]
    public void A_beginning_that_is_cut_short_is_no_failure()
    {
        foreach (var file in Contents.Select(c => (byte[])c.Data.Item2))
        {
            for (var length = 0; length <= file.Length; length++)
            {
                FileKind.Of("x", file.AsSpan(0, length)).ShouldNotBeNull();
            }
        }
    }
}
