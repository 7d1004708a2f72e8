using ComfyGateway.Outputs.Files;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class MediaDurationTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("film.mp4", 500)]
    [InlineData("fast.mp4", 500)]
    [InlineData("comment.mov", 500)]
    [InlineData("film.webm", 500)]
    [InlineData("titled.mkv", 500)]
    [InlineData("sound.wav", 250)]
    [InlineData("sound.flac", 250)]
    [InlineData("sound.ogg", 500)]
    public async Task A_header_tells_how_long_it_plays(string name, long expected) => (await DurationOf(MediaFiles.Read(name))).ShouldBe(expected);

    [Theory]
    [InlineData("sound.m4a", 500)]
    [InlineData("sound.opus", 500)]
    public async Task Encoders_may_add_a_little(string name, long expected) => (await DurationOf(MediaFiles.Read(name)))!.Value.ShouldBeInRange(expected, expected + 130);

    [Theory]
    [InlineData("fragmented.mp4")]
    [InlineData("live.mkv")]
    [InlineData("sound.mp3")]
    public async Task Where_no_header_says_it_nothing_is_said(string name) => (await DurationOf(MediaFiles.Read(name))).ShouldBeNull();

    [Theory]
    [MemberData(nameof(MediaFiles.Names), MemberType = typeof(MediaFiles))]
    public async Task A_file_that_is_cut_anywhere_is_no_failure(string name)
    {
        var bytes = MediaFiles.Read(name);
        for (var length = 64; length < bytes.Length; length += 13)
        {
            (await DurationOf(bytes[..length]) ?? 1).ShouldBeInRange(1, 700);
        }
    }

    [Theory]
    [MemberData(nameof(MediaFiles.Names), MemberType = typeof(MediaFiles))]
    public async Task A_broken_header_is_no_failure(string name)
    {
        var bytes = MediaFiles.Read(name);
        for (var at = 16; at < bytes.Length; at += 3)
        {
            (bytes[at], var before) = ((byte)~bytes[at], bytes[at]);
            (await DurationOf(bytes) ?? 1).ShouldBeGreaterThan(0);
            bytes[at] = before;
        }
    }

    private static async Task<long?> DurationOf(byte[] bytes) =>
        FileFormat.Of(bytes) is { } format ? await MediaDuration.Of(new MemoryStream(bytes), format, Ct) : null;
}
