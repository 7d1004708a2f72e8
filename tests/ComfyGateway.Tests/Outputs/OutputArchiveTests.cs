using System.Security.Cryptography;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using ComfyGateway.Outputs.Local;
using ComfyGateway.Tests.Outputs.Files;
using ComfyGateway.Tests.Settings;
using NetVips;

namespace ComfyGateway.Tests.Outputs;

public sealed class OutputArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ImageConverter _converter = new();
    private readonly Guid _jobId = Guid.CreateVersion7();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _converter.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Names_are_given_out_in_order_and_always_the_same()
    {
        MadeFile[] made = [new("9", "a.png", ""), new("10", "../A.png", "x"), new("11", "b.txt", ""), new("12", "a.png", "y")];

        Archive().Names(made, wish: null).ShouldBe(["a.png", "A-2.png", "b.txt", "a-3.png"]);
        Archive().Names(made, new OutputWish("webp")).ShouldBe(["a.webp", "A-2.webp", "b.txt", "a-3.webp"]);
        Archive().Names([new("1", "a.png", ""), new("2", "a.jpg", "")], new OutputWish("jpeg")).ShouldBe(["a.jpg", "a-2.jpg"]);
    }

    [Fact]
    public async Task An_image_is_kept_in_the_form_that_is_wished_for()
    {
        var output = await Keep("a.png", Noise().PngsaveBuffer(), new OutputWish("webp", Quality: 40, Width: 16));

        (output.Filename, output.ContentType, output.Width, output.Height).ShouldBe(("a.webp", "image/webp", 16, 16));
        Files().ShouldBe([OutputPath.Of(_jobId, "a.webp")]);
    }

    [Fact]
    public async Task What_is_no_image_is_kept_as_it_is()
    {
        var text = await Keep("a.txt", "hello"u8.ToArray(), new OutputWish("webp"));
        var broken = await Keep("b.png", "not an image"u8.ToArray(), new OutputWish("webp"));

        (text.Filename, text.Kind, text.Size).ShouldBe(("a.txt", "text", 5));
        (broken.Filename, broken.Size).ShouldBe(("b.original.png", 12));
    }

    [Fact]
    public async Task A_film_is_not_made_a_still()
    {
        using var film = Image.Arrayjoin([Noise(), Noise()], across: 1).Mutate(m => m.Set(GValue.GIntType, "page-height", 32));

        var output = await Keep("a.gif", film.GifsaveBuffer(), new OutputWish("jpg"));

        (output.Filename, output.ContentType).ShouldBe(("a.original.gif", "image/gif"));
    }

    [Theory]
    [InlineData("film.mp4")]
    [InlineData("film.webm")]
    [InlineData("sound.opus")]
    public async Task In_privacy_mode_videos_and_sounds_are_kept_without_their_prompt(string name)
    {
        var bytes = MediaFiles.Read(name);

        var output = await Keep(name, bytes, wish: null, ("PRIVACY_MODE", "true"));

        var kept = await File.ReadAllBytesAsync(Path.Combine(_folder.Path, output.StoragePath), Ct);
        kept.AsSpan().IndexOf("secret"u8).ShouldBe(-1);
        (output.Filename, output.Size, kept.LongLength).ShouldBe((name, bytes.Length, bytes.Length));
        output.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(kept)));
    }

    [Fact]
    public async Task In_privacy_mode_an_image_that_cannot_be_converted_tells_nothing_either()
    {
        var film = Noise().PngsaveBuffer(keep: Enums.ForeignKeep.None);
        byte[] cut = [.. film[..33], 0, 0, 0, 15, .. "tEXta secret prompt"u8, 0, 0, 0, 0, .. film[33..^60]];

        var output = await Keep("a.png", cut, new OutputWish("webp"), ("PRIVACY_MODE", "true"));

        output.Filename.ShouldBe("a.original.png");
        (await File.ReadAllBytesAsync(Path.Combine(_folder.Path, output.StoragePath), Ct)).ShouldBe(film[..^60]);
    }

    [Fact]
    public async Task Sizes_and_durations_are_read_wherever_in_a_file_they_stand()
    {
        var metadata = Enumerable.Repeat(Samples.Segment(0xE1, new byte[60_000]), 3).ToArray();

        var picture = await Keep("a.jpg", Samples.Jpeg(640, 480, before: metadata), wish: null);
        var film = await Keep("a.mp4", MediaFiles.Read("film.mp4"), wish: null);
        var text = await Keep("a.txt", "hello"u8.ToArray(), wish: null);

        (picture.Width, picture.Height, picture.DurationMs).ShouldBe((640, 480, null));
        (film.Width, film.Height, film.DurationMs).ShouldBe((null, null, 500));
        (text.Width, text.Height, text.DurationMs).ShouldBe((null, null, null));
    }

    private OutputArchive Archive(params (string, string)[] settings)
    {
        var read = Read.Good([("STORAGE_LOCAL_PATH", _folder.Path), .. settings]);
        return new OutputArchive(new LocalFileStore(read), _converter, read, TimeProvider.System);
    }

    private async Task<JobOutput> Keep(string filename, byte[] bytes, OutputWish? wish, params (string, string)[] settings)
    {
        var made = new MadeFile("9", filename, "");
        var archive = Archive(settings);
        return await archive.Keep(_jobId, made, archive.Names([made], wish)[0], wish, new MemoryStream(bytes), Ct);
    }

    private string[] Files() =>
        [.. Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_folder.Path, f).Replace(Path.DirectorySeparatorChar, '/'))];

    private static Image Noise() => Image.Gaussnoise(32, 32, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar);
}
