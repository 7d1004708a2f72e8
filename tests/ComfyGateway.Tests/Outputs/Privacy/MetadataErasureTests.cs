using System.Text;
using ComfyGateway.Outputs.Containers;
using ComfyGateway.Outputs.Privacy;
using ComfyGateway.Tests.Outputs.Files;
using CsCheck;
using NetVips;

namespace ComfyGateway.Tests.Outputs.Privacy;

public sealed class MetadataErasureTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(MediaFiles.Names), MemberType = typeof(MediaFiles))]
    public async Task A_video_or_sound_no_longer_tells_how_it_was_made(string name)
    {
        var before = MediaFiles.Read(name);
        Tells(before).ShouldBeTrue();

        var after = await Erased(before);

        Tells(after).ShouldBeFalse();
        after.Length.ShouldBe(before.Length);
        (await Erased(after)).ShouldBe(after);
    }

    [Theory]
    [MemberData(nameof(MediaFiles.Names), MemberType = typeof(MediaFiles))]
    public async Task Of_a_file_that_is_cut_all_that_is_there_is_erased(string name)
    {
        var bytes = MediaFiles.Read(name);
        for (var length = 64; length < bytes.Length; length += 7)
        {
            var after = await Erased(bytes[..length]);

            after.Length.ShouldBe(length);
            Tells(after).ShouldBeFalse($"cut at {length}");
        }
    }

    [Theory]
    [MemberData(nameof(MediaFiles.Names), MemberType = typeof(MediaFiles))]
    public void Whatever_is_broken_in_a_file_it_ends_and_stays_as_long(string name)
    {
        var bytes = MediaFiles.Read(name);
        Gen.Select(Gen.Int[0, bytes.Length - 1], Gen.Byte).Array[1, 20].Sample(
            changes =>
            {
                var broken = bytes.ToArray();
                Array.ForEach(changes, c => broken[c.Item1] = c.Item2);
                return Erased(broken).GetAwaiter().GetResult().Length == bytes.Length;
            },
            iter: 300);
    }

    [Fact]
    public async Task Comments_on_many_pages_are_erased_and_each_page_has_its_checksum()
    {
        var prompt = Encoding.ASCII.GetBytes("prompt=" + string.Concat(Enumerable.Repeat(MediaFiles.Secret, 10_000)));
        byte[] comments = [.. "OpusTags"u8, 4, 0, 0, 0, .. "Lavf"u8, 1, 0, 0, 0, .. BitConverter.GetBytes(prompt.Length), .. prompt];
        var head = OggOf(7, flags: 2, Encoding.ASCII.GetBytes("OpusHead\u0001\u0001\0\0\0\0\0\0\0\0\0"));
        byte[] sound = [1, 2, 3];
        byte[] file = [.. await head, .. await OggOf(7, flags: 0, comments), .. await OggOf(7, flags: 4, sound)];

        var after = await Erased(file);

        Tells(after).ShouldBeFalse();
        after.AsSpan().IndexOf("OpusTags\u0004\0\0\0Lavf\0\0\0\0"u8).ShouldBeGreaterThan(0);
        after[^3..].ShouldBe(sound);
        var pages = await OggPage.All(new MemoryStream(after), Ct).ToListAsync(Ct);
        pages.Count.ShouldBe(5);
        pages[^1].End.ShouldBe(file.Length);
        var sealedAgain = new MemoryStream(after.ToArray());
        foreach (var page in pages)
        {
            await page.Seal(sealedAgain, Ct);
        }

        sealedAgain.ToArray().ShouldBe(after);
    }

    [Fact]
    public async Task The_checksum_of_a_page_is_that_of_real_files()
    {
        var bytes = MediaFiles.Read("sound.opus");
        var file = new MemoryStream(bytes.ToArray());
        await foreach (var page in OggPage.All(new MemoryStream(bytes), Ct))
        {
            await page.Seal(file, Ct);
        }

        file.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public async Task A_gif_loses_its_comments_and_no_picture()
    {
        var film = Film().GifsaveBuffer();
        // Before the end of the file.
        byte[] comment = [0x21, 0xFE, (byte)MediaFiles.Secret.Length, .. Encoding.ASCII.GetBytes(MediaFiles.Secret), 0];
        byte[] program = [0x21, 0xFF, 11, .. "XMP DataXMP"u8, (byte)MediaFiles.Secret.Length, .. Encoding.ASCII.GetBytes(MediaFiles.Secret), 0];
        byte[] telling = [.. film[..^1], .. comment, .. program, film[^1]];

        var after = await Erased(telling);

        Tells(after).ShouldBeFalse();
        after.Length.ShouldBe(telling.Length);
        after.AsSpan(0, film.Length - 1).SequenceEqual(film.AsSpan(0, film.Length - 1)).ShouldBeTrue();
        using var image = Image.NewFromBuffer(after, "n=-1");
        image.Get("n-pages").ShouldBe(2);
    }

    [Theory]
    [InlineData("""{"asset":{"version":"2.0","extras":{"prompt":"a secret prompt","x":[{}]}},"nodes":[{"extras":["a secret prompt"]}]}""", """{"asset":{"version":"2.0","extras":{ }},"nodes":[{"extras":[ ]}]}""")]
    [InlineData("""{"asset":{"version":"2.0"}}""", """{"asset":{"version":"2.0"}}""")]
    public async Task A_model_keeps_all_but_its_extras(string json, string expected)
    {
        byte[] model = [.. "glTF"u8, 2, 0, 0, 0, 0, 0, 0, 0, (byte)json.Length, 0, 0, 0, .. "JSON"u8, .. Encoding.ASCII.GetBytes(json), .. "BIN"u8];

        var after = await Erased(model);

        after.Length.ShouldBe(model.Length);
        Squeezed(Encoding.ASCII.GetString(after, 20, json.Length)).ShouldBe(Squeezed(expected));
        after[..20].ShouldBe(model[..20]);
    }

    [Fact]
    public async Task A_latent_keeps_all_but_its_metadata()
    {
        const string json = """{"__metadata__":{"prompt":"a secret prompt"},"latent_tensor":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""";
        byte[] latent = [(byte)json.Length, 0, 0, 0, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(json), 1, 2, 3, 4];

        var after = await Erased(latent);

        Squeezed(Encoding.ASCII.GetString(after, 8, json.Length)).ShouldBe("""{"__metadata__":{},"latent_tensor":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""");
        after[^4..].ShouldBe([1, 2, 3, 4]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("12345678{ no JSON at all")]
    public async Task Other_files_stay_as_they_are(string content) =>
        (await Erased(Encoding.ASCII.GetBytes(content))).ShouldBe(Encoding.ASCII.GetBytes(content));

    [Fact]
    public async Task The_picture_of_a_heif_file_is_no_metadata()
    {
        byte[] picture = [.. Pictures.Box("heic", "mif1", "heic"), 0, 0, 0, 12, .. "meta"u8, 1, 2, 3, 4];

        (await Erased(picture)).ShouldBe(picture);
    }

    private static bool Tells(byte[] bytes) => bytes.AsSpan().IndexOf("secret"u8) >= 0;

    private static string Squeezed(string text) => text.Replace(" ", "", StringComparison.Ordinal);

    private static async Task<byte[]> Erased(byte[] bytes)
    {
        using var file = new MemoryStream(bytes.ToArray());
        await MetadataErasure.Erase(file, Ct);
        return file.ToArray();
    }

    private static Image Film()
    {
        var frame = Image.Gaussnoise(32, 32, mean: 128, sigma: 40).Cast(Enums.BandFormat.Uchar);
        return Image.Arrayjoin([frame, frame.Invert()], across: 1).Mutate(m => m.Set(GValue.GIntType, "page-height", 32));
    }

    /// <summary>A packet on as many pages as it needs.</summary>
    private static async Task<byte[]> OggOf(uint serial, byte flags, byte[] packet)
    {
        int[] segments = [.. Enumerable.Repeat(255, packet.Length / 255), packet.Length % 255];
        var pages = segments.Chunk(255).Select((lengths, n) => (byte[])
        [
            .. "OggS\0"u8, n == 0 ? flags : (byte)1, .. new byte[8], .. BitConverter.GetBytes(serial), .. BitConverter.GetBytes(n), 0, 0, 0, 0,
            (byte)lengths.Length, .. lengths.Select(l => (byte)l), .. packet.AsSpan(n * 255 * 255, lengths.Sum()),
        ]).SelectMany(p => p).ToArray();
        using var file = new MemoryStream(pages);
        await foreach (var page in OggPage.All(new MemoryStream(pages.ToArray()), Ct))
        {
            await page.Seal(file, Ct);
        }

        return file.ToArray();
    }
}
