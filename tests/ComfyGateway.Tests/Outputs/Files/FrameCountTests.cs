using ComfyGateway.Outputs.Files;
using NetVips;

namespace ComfyGateway.Tests.Outputs.Files;

public sealed class FrameCountTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_film_has_as_many_frames_as_pictures()
    {
        using var film = Film(7);

        (await Count(film.GifsaveBuffer())).ShouldBe(7);
        (await Count(film.WebpsaveBuffer())).ShouldBe(7);
    }

    [Fact]
    public async Task A_picture_has_one()
    {
        using var still = Film(1);

        foreach (var picture in new[] { still.GifsaveBuffer(), still.WebpsaveBuffer(), still.PngsaveBuffer(), still.JpegsaveBuffer(), Samples.Png(1, 1)[..20], Samples.Gif(1, 1) })
        {
            (await Count(picture)).ShouldBe(1);
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(uint.MaxValue)]
    public async Task A_png_says_how_many(uint frames)
    {
        var still = Samples.Png(4, 4);
        byte[] film = [.. still[..33], 0, 0, 0, 8, .. "acTL"u8, .. BitConverter.GetBytes(frames).Reverse(), 0, 0, 0, 0, 1, 2, 3, 4, .. still[33..]];

        (await Count(film)).ShouldBe(frames);
    }

    [Fact]
    public async Task It_counts_no_further_than_need_be() => (await Count(Film(7).GifsaveBuffer(), most: 3)).ShouldBe(4);

    [Fact]
    public async Task A_file_that_is_cut_anywhere_is_no_failure()
    {
        var film = Film(7).GifsaveBuffer();
        for (var length = 10; length < film.Length; length += 11)
        {
            (await Count(film[..length])).ShouldBeInRange(1, 7);
        }
    }

    private static Task<long> Count(byte[] bytes, long most = 1000) => FrameCount.Of(new MemoryStream(bytes), FileFormat.Of(bytes)!, most, Ct);

    private static Image Film(int frames)
    {
        var pictures = Enumerable.Range(0, frames).Select(_ => Image.Gaussnoise(16, 16, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar)).ToArray();
        return Image.Arrayjoin(pictures, across: 1).Mutate(m => m.Set(GValue.GIntType, "page-height", 16));
    }
}
