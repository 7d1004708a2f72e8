using ComfyGateway.Outputs.Files;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class PixelSizeTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_kind_of_picture_states_its_size()
    {
        byte[][] pictures =
        [
            Samples.Png(640, 480), Samples.Jpeg(640, 480), Samples.WebPLossy(640, 480), Samples.WebPLossless(640, 480), Samples.WebPExtended(640, 480),
            Samples.Gif(640, 480), Pictures.Bmp(640, 480), Pictures.Bmp(640, -480), Pictures.Tiff(640, 480), Pictures.Tiff(640, 480, isLittle: false),
            Pictures.Avif((640, 480)),
        ];

        foreach (var picture in pictures)
        {
            (await SizeOf(picture)).ShouldBe((640, 480), FileFormat.Of(picture)!.ContentType);
        }
    }

    [Fact]
    public async Task A_jpeg_states_it_behind_any_metadata()
    {
        var metadata = Enumerable.Repeat(Samples.Segment(0xE1, new byte[60_000]), 40).ToArray();

        (await SizeOf(Samples.Jpeg(640, 480, before: metadata))).ShouldBe((640, 480));
    }

    [Fact]
    public async Task A_tiff_states_it_at_its_end() => (await SizeOf(Pictures.Tiff(640, 480, pixels: 300_000))).ShouldBe((640, 480));

    [Fact]
    public async Task Of_several_pictures_in_one_file_the_largest_counts() =>
        (await SizeOf(Pictures.Avif((16, 16), (100_000, 20), (640, 480)))).ShouldBe((100_000, 480));

    [Fact]
    public async Task The_largest_sizes_are_read_and_not_decoded()
    {
        (await SizeOf(Samples.Png(100_000, 100_000))).ShouldBe((100_000, 100_000));
        (await SizeOf(Pictures.Tiff(100_000, 100_000))).ShouldBe((100_000, 100_000));
        (await SizeOf(Pictures.Bmp(100_000, int.MinValue))).ShouldBeNull();
    }

    [Fact]
    public async Task A_header_that_states_none_is_no_size()
    {
        byte[] jpegWithoutFrame = [0xFF, 0xD8, .. Samples.Segment(0xE0, new byte[20]), 0xFF, 0xD9];
        byte[] tiffToNowhere = [0x49, 0x49, 0x2A, 0x00, 0xFF, 0xFF, 0xFF, 0x7F];
        byte[][] broken =
        [
            Samples.Png(0, 5), Samples.Png(uint.MaxValue, 5), Samples.Png(4, 4)[..20], Samples.Gif(0, 0), jpegWithoutFrame, [0xFF, 0xD8, 0xFF, 0xE0],
            [0xFF, 0xD8, .. Enumerable.Repeat((byte)0xFF, 5_000)], tiffToNowhere, tiffToNowhere[..4], Samples.Box("avif"), Pictures.Bmp(0, 1),
            Samples.WebPLossy(4, 4)[..14], [.. Samples.Png(4, 4)[..12], .. "IDAT"u8, .. Samples.Png(4, 4)[16..]],
        ];

        foreach (var picture in broken)
        {
            (await SizeOf(picture)).ShouldBeNull(Convert.ToHexString(picture.AsSpan(0, Math.Min(24, picture.Length))));
        }
    }

    private static Task<(int Width, int Height)?> SizeOf(byte[] picture) => PixelSize.Read(new MemoryStream(picture), FileFormat.Of(picture)!, Ct);
}
