using ComfyGateway.Jobs;
using ComfyGateway.Outputs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using ComfyGateway.Outputs.Local;
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
        Files().ShouldBe(["a.webp"]);
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

    private OutputArchive Archive() => new(new LocalFileStore(Read.Good(("STORAGE_LOCAL_PATH", _folder.Path))), _converter, Read.Good(), TimeProvider.System);

    private async Task<JobOutput> Keep(string filename, byte[] bytes, OutputWish wish)
    {
        var made = new MadeFile("9", filename, "");
        var archive = Archive();
        return await archive.Keep(_jobId, made, archive.Names([made], wish)[0], wish, new MemoryStream(bytes), Ct);
    }

    private string[] Files() => [.. Directory.GetFiles(Path.Combine(_folder.Path, $"{_jobId}")).Select(f => Path.GetFileName(f)!)];

    private static Image Noise() => Image.Gaussnoise(32, 32, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar);
}
