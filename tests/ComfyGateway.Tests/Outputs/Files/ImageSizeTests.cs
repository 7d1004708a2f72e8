using ComfyGateway.Outputs.Files;
using CsCheck;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class ImageSizeTests
{
    public static TheoryData<string, byte[]> Images => new()
    {
        { "png", Samples.Png(320, 200) },
        { "gif", Samples.Gif(320, 200) },
        { "jpeg", Samples.Jpeg(320, 200) },
        { "progressive jpeg", Samples.Jpeg(320, 200, 0xC2) },
        { "jpeg with exif", Samples.Jpeg(320, 200, 0xC0, Samples.Segment(0xE1, new byte[1000]), Samples.Segment(0xDB, new byte[65])) },
        { "jpeg with tables first", Samples.Jpeg(320, 200, 0xC0, Samples.Segment(0xC4, new byte[30])) },
        { "jpeg with fill bytes", Samples.Jpeg(320, 200, 0xC0, [0xFF, 0xFF]) },
        { "webp", Samples.WebPLossy(320, 200) },
        { "lossless webp", Samples.WebPLossless(320, 200) },
        { "extended webp", Samples.WebPExtended(320, 200) },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public void The_header_tells_the_size(string _, byte[] image) => ImageSize.Of(image).ShouldBe((320, 200));

    [Fact]
    public void Sizes_may_be_as_large_as_the_format_allows()
    {
        ImageSize.Of(Samples.Png(int.MaxValue, 1)).ShouldBe((int.MaxValue, 1));
        ImageSize.Of(Samples.Gif(65535, 65535)).ShouldBe((65535, 65535));
        ImageSize.Of(Samples.Jpeg(65535, 65500)).ShouldBe((65535, 65500));
        ImageSize.Of(Samples.WebPLossy(16383, 16383)).ShouldBe((16383, 16383));
        ImageSize.Of(Samples.WebPLossless(16384, 16384)).ShouldBe((16384, 16384));
        ImageSize.Of(Samples.WebPExtended(1 << 24, 1)).ShouldBe((1 << 24, 1));
    }

    [Fact]
    public void A_size_that_cannot_be_is_not_told()
    {
        ImageSize.Of(Samples.Png(0, 1)).ShouldBeNull();
        ImageSize.Of(Samples.Png(uint.MaxValue, 1)).ShouldBeNull();
        ImageSize.Of(Samples.Gif(1, 0)).ShouldBeNull();
        ImageSize.Of("<svg width='1'/>"u8).ShouldBeNull();
        ImageSize.Of([]).ShouldBeNull();
    }

    [Fact]
    public void A_header_that_is_cut_short_or_garbled_is_no_failure()
    {
        var images = Images.Select(i => i.Data.Item2).ToArray();

        Gen.Select(Gen.Int[0, images.Length - 1], Gen.Int[0, 60], Gen.Int[0, 59], Gen.Byte).Sample((which, length, at, garbage) =>
        {
            var image = images[which].Take(length).ToArray();
            if (at < image.Length)
            {
                image[at] = garbage;
            }

            return ImageSize.Of(image) is null or { Width: > 0, Height: > 0 };
        }, iter: 20_000);
    }
}
