using ComfyGateway.Outputs.Conversion;
using NetVips;

namespace ComfyGateway.Tests.Outputs.Conversion;

public sealed class ImageConverterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ImageConverter _converter = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _converter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Transparency_becomes_white_where_the_format_has_none()
    {
        using (var clear = Image.Black(8, 8, bands: 4).Copy(interpretation: Enums.Interpretation.Srgb))
        {
            clear.Pngsave(_folder.File("clear.png"));
        }

        using var jpeg = await Convert("clear.png", new Rendition(ImageFormat.Jpeg, 90, null, null, false));

        jpeg.Bands.ShouldBe(3);
        jpeg.Avg().ShouldBeGreaterThan(250);
    }

    [Fact]
    public async Task Lower_quality_is_a_smaller_file()
    {
        Noise("noise.png");

        using var low = await Convert("noise.png", new Rendition(ImageFormat.WebP, 10, null, null, false));
        var lowSize = new FileInfo(_folder.File("out")).Length;
        using var high = await Convert("noise.png", new Rendition(ImageFormat.WebP, 95, null, null, false));

        lowSize.ShouldBeLessThan(new FileInfo(_folder.File("out")).Length);
    }

    [Fact]
    public async Task A_film_stays_a_film_in_webp_and_is_its_first_picture_elsewhere()
    {
        using (var film = Image.Arrayjoin([.. Enumerable.Range(0, 3).Select(n => (Image.Black(16, 16, bands: 3) + (60 * n)).Cast(Enums.BandFormat.Uchar))], across: 1))
        {
            using var paged = film.Mutate(m => m.Set(GValue.GIntType, "page-height", 16));
            paged.Gifsave(_folder.File("film.gif"));
        }

        ImageConverter.Frames(_folder.File("film.gif")).ShouldBe(3);
        using (var webp = await Convert("film.gif", new Rendition(ImageFormat.WebP, 90, 8, null, false)))
        {
            ((int)webp.Get("n-pages")).ShouldBe(3);
            webp.Width.ShouldBe(8);
        }

        using var png = await Convert("film.gif", new Rendition(ImageFormat.Png, 90, null, null, false));
        (png.Width, png.Height).ShouldBe((16, 16));
    }

    [Fact]
    public async Task What_is_no_image_is_said_to_be_none()
    {
        await File.WriteAllTextAsync(_folder.File("text.png"), "not an image", Ct);
        await File.WriteAllTextAsync(_folder.File("drawing.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>", Ct);

        await Should.ThrowAsync<UnreadableImageException>(() => Convert("text.png", new Rendition(ImageFormat.Png, 90, null, null, false)));
        await Should.ThrowAsync<UnreadableImageException>(() => Convert("drawing.svg", new Rendition(ImageFormat.Png, 90, null, null, false)));
        Should.Throw<UnreadableImageException>(() => ImageConverter.Frames(_folder.File("text.png")));
    }

    [Fact]
    public async Task A_cut_image_is_refused()
    {
        Noise("noise.png");
        var bytes = await File.ReadAllBytesAsync(_folder.File("noise.png"), Ct);
        await File.WriteAllBytesAsync(_folder.File("cut.png"), bytes[..(bytes.Length / 2)], Ct);

        await Should.ThrowAsync<UnreadableImageException>(() => Convert("cut.png", new Rendition(ImageFormat.Png, 90, null, null, false)));
    }

    [Fact]
    public async Task An_image_of_too_many_pixels_is_refused_before_it_is_decoded()
    {
        using (var large = Image.Black(16_000, 9_000))
        {
            large.Pngsave(_folder.File("large.png"), compression: 1);
        }

        var refused = await Should.ThrowAsync<UnreadableImageException>(() => Convert("large.png", new Rendition(ImageFormat.Png, 90, 10, 10, false)));

        refused.Message.ShouldContain("16000 x 9000");
    }

    private void Noise(string name)
    {
        using var noise = Image.Gaussnoise(64, 64, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar);
        noise.Pngsave(_folder.File(name));
    }

    private async Task<Image> Convert(string name, Rendition rendition)
    {
        await _converter.Convert(_folder.File(name), _folder.File("out"), rendition, Ct);
        return Image.NewFromBuffer(await File.ReadAllBytesAsync(_folder.File("out"), Ct));
    }
}
