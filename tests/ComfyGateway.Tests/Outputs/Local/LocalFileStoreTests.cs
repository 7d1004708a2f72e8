using System.Security.Cryptography;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Local;
using ComfyGateway.Tests.Settings;

namespace ComfyGateway.Tests.Outputs.Local;

public sealed class LocalFileStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly LocalFileStore _store;

    public LocalFileStoreTests() => _store = Over(_folder.Path);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4095)]
    [InlineData(4097)]
    [InlineData(131_072)]
    [InlineData(1_000_003)]
    public async Task A_file_is_kept_byte_by_byte_and_measured_on_the_way(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);

        var stored = await _store.Store("job/a.png", new MemoryStream(bytes), Ct);

        stored.Size.ShouldBe(size);
        stored.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        stored.Head.ToArray().ShouldBe(bytes.Take(4096));
        (await ReadAll("job/a.png")).ShouldBe(bytes);
        Files().ShouldBe([Path.Combine("job", "a.png")]);
    }

    [Fact]
    public async Task A_source_that_gives_little_at_a_time_is_kept_whole()
    {
        var bytes = RandomNumberGenerator.GetBytes(300_000);

        var stored = await _store.Store("job/a.png", new FailingStream(bytes, step: 977), Ct);

        stored.Size.ShouldBe(bytes.Length);
        stored.Head.ToArray().ShouldBe(bytes.Take(4096));
        (await ReadAll("job/a.png")).ShouldBe(bytes);
    }

    [Fact]
    public async Task A_deleted_file_is_gone_and_its_empty_folder_too()
    {
        await _store.Store("a/b/one.png", new MemoryStream([1]), Ct);
        await _store.Store("a/two.png", new MemoryStream([2]), Ct);

        await _store.Delete("a/b/one.png", Ct);
        await _store.Delete("a/b/one.png", Ct);
        await _store.Delete("never/was.png", Ct);

        Files().ShouldBe([Path.Combine("a", "two.png")]);
        Directory.Exists(Path.Combine(_folder.Path, "a", "b")).ShouldBeFalse();
    }

    [Fact]
    public async Task The_files_of_a_folder_are_listed_with_their_sizes()
    {
        await _store.Store("a/b/one.png", new MemoryStream([1, 2, 3]), Ct);
        await _store.Store("ab/two.png", new MemoryStream([2]), Ct);

        (await _store.List("a", Ct).Select(f => (f.Path, f.Size)).ToListAsync(Ct)).ShouldBe([("a/b/one.png", 3L)]);
        (await _store.List("", Ct).Select(f => f.Path).ToListAsync(Ct)).ShouldBe(["a/b/one.png", "ab/two.png"], ignoreOrder: true);
        (await _store.List("c", Ct).ToListAsync(Ct)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(200_000)]
    public async Task A_source_that_breaks_leaves_nothing(int after)
    {
        var source = new FailingStream(new byte[after], step: 50_000, new IOException("cut"));

        await Should.ThrowAsync<IOException>(() => _store.Store("job/a.png", source, Ct));

        Files().ShouldBeEmpty();
        (await _store.Open("job/a.png", Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task A_source_that_breaks_leaves_what_was_there()
    {
        await _store.Store("job/a.png", new MemoryStream([1, 2, 3]), Ct);

        await Should.ThrowAsync<IOException>(() => _store.Store("job/a.png", new FailingStream(new byte[9], 9, new IOException("cut")), Ct));

        (await ReadAll("job/a.png")).ShouldBe([1, 2, 3]);
        Files().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_store_that_is_canceled_leaves_nothing()
    {
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => _store.Store("job/a.png", new MemoryStream(new byte[9]), cancel.Token));

        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Storing_again_replaces()
    {
        await _store.Store("job/a.png", new MemoryStream([1, 2, 3]), Ct);
        await _store.Store("job/a.png", new MemoryStream([4]), Ct);

        (await ReadAll("job/a.png")).ShouldBe([4]);
    }

    [Fact]
    public async Task Many_may_store_at_once()
    {
        await Parallel.ForAsync(0, 50, Ct, async (n, ct) => await _store.Store($"job/{n}.bin", new MemoryStream(BitConverter.GetBytes(n)), ct));

        Files().Length.ShouldBe(50);
        (await ReadAll("job/17.bin")).ShouldBe(BitConverter.GetBytes(17));
    }

    [Fact]
    public async Task Storing_beside_a_file_that_is_deleted_meanwhile_loses_nothing()
    {
        await Parallel.ForAsync(0, 200, Ct, async (n, ct) =>
        {
            await _store.Store($"job/{n}.bin", new MemoryStream([1]), ct);
            (await _store.Open($"job/{n}.bin", ct)).ShouldNotBeNull().Dispose();
            await _store.Delete($"job/{n}.bin", ct);
        });

        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_store_that_somebody_deleted_meanwhile_is_made_again()
    {
        await _store.Store("job/a.png", new MemoryStream([1]), Ct);
        Directory.Delete(_folder.Path, recursive: true);

        (await _store.Examine(Ct)).ShouldBe(StoreCondition.Good);
        await _store.Store("job/b.png", new MemoryStream([2]), Ct);

        Files().ShouldBe([Path.Combine("job", "b.png")]);
    }

    [Fact]
    public async Task A_store_that_cannot_be_made_says_so()
    {
        Directory.Delete(_folder.Path, recursive: true);
        await File.WriteAllBytesAsync(_folder.Path, [], Ct);
        try
        {
            await Should.ThrowAsync<IOException>(() => _store.Store("job/a.png", new MemoryStream([1]), Ct));
            (await _store.Examine(Ct)).Problem.ShouldNotBeNull().ShouldContain("STORAGE_LOCAL_PATH");
        }
        finally
        {
            File.Delete(_folder.Path);
            Directory.CreateDirectory(_folder.Path);
        }
    }

    [Fact]
    public async Task A_folder_that_somebody_deleted_meanwhile_is_made_again()
    {
        await _store.Store("day/hour/a.png", new MemoryStream([1]), Ct);
        Directory.Delete(Path.Combine(_folder.Path, "day"), recursive: true);

        await _store.Store("day/hour/b.png", new MemoryStream([2]), Ct);

        Files().ShouldBe([Path.Combine("day", "hour", "b.png")]);
    }

    [Fact]
    public async Task What_a_dead_process_was_writing_is_tidied_up_and_what_is_being_written_is_not()
    {
        await _store.Store("job/a.png", new MemoryStream([1]), Ct);
        var left = Path.Combine(_folder.Path, ".unfinished", "left");
        await File.WriteAllBytesAsync(left, [1], Ct);
        var now = TimeProvider.System.GetUtcNow();

        await _store.Tidy(now.AddHours(-1), Ct);
        File.Exists(left).ShouldBeTrue();
        await _store.Tidy(now.AddHours(1), Ct);

        Files().ShouldBe([Path.Combine("job", "a.png")]);
    }

    [Fact]
    public async Task A_folder_that_can_be_written_is_in_good_condition_and_a_file_in_its_place_is_not()
    {
        (await _store.Examine(Ct)).IsWritable.ShouldBeTrue();
        var file = Path.Combine(_folder.Path, "file");
        await File.WriteAllTextAsync(file, "", Ct);

        (await Over(file).Examine(Ct)).Problem.ShouldNotBeNull().ShouldStartWith("STORAGE_LOCAL_PATH: found ");
    }

    [Fact]
    public async Task Only_what_is_there_has_a_path_on_the_disk_and_nothing_has_a_link()
    {
        await _store.Store("job/a.png", new MemoryStream([1]), Ct);

        _store.PathOnDisk("job/a.png").ShouldBe(Path.Combine(_folder.Path, "job", "a.png"));
        _store.PathOnDisk("job/b.png").ShouldBeNull();
        (await _store.Link("job/a.png", new("image/png", "inline"))).ShouldBeNull();
    }

    [Fact]
    public async Task What_is_not_there_opens_as_nothing()
    {
        (await _store.Open("job/a.png", Ct)).ShouldBeNull();
        (await _store.Open("job", Ct)).ShouldBeNull();
    }

    [Theory]
    [InlineData("../a.png")]
    [InlineData("job/../../a.png")]
    [InlineData("/etc/passwd")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("job/..")]
    public async Task A_path_that_leaves_the_store_is_refused(string path)
    {
        await Should.ThrowAsync<ArgumentException>(() => _store.Store(path, new MemoryStream([1]), Ct));
        await Should.ThrowAsync<ArgumentException>(async () => await _store.Open(path, Ct));
    }

    [Fact]
    public void A_folder_beside_the_store_whose_name_begins_alike_is_outside() =>
        Should.Throw<ArgumentException>(() => _store.Locate($"../{Path.GetFileName(_folder.Path)}-too/a.png"));

    [Fact]
    public async Task The_setting_may_end_in_a_slash()
    {
        var store = Over(_folder.Path + Path.DirectorySeparatorChar);

        await store.Store("job/a.png", new MemoryStream([7]), Ct);

        (await ReadAll("job/a.png")).ShouldBe([7]);
    }

    private static LocalFileStore Over(string folder) => new(Read.Good(("STORAGE_LOCAL_PATH", folder)));

    private async Task<byte[]> ReadAll(string path)
    {
        await using var file = (await _store.Open(path, Ct)).ShouldNotBeNull();
        file.CanSeek.ShouldBeTrue();
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, Ct);
        return bytes;
    }

    private string[] Files() =>
        [.. Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(_folder.Path, f))];
}
