using System.Security.Cryptography;
using Amazon.S3;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.S3;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.IntegrationTests.Outputs;

public sealed class S3FileStoreTests(S3Fixture s3) : IAsyncLifetime
{
    private const int Part = S3Upload.PartSize;

    private IAmazonS3 _client = null!;
    private S3FileStore _store = null!;
    private string _bucket = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var settings = await s3.NewBucket();
        _bucket = settings["S3_BUCKET"];
        _client = S3Fixture.Client(settings);
        _store = new S3FileStore(_client, TestSettings.Read(settings), TimeProvider.System, NullLogger<S3FileStore>.Instance) { PageSize = 2 };
    }

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_003)]
    [InlineData(Part)]
    [InlineData((2 * Part) + 17)]
    public async Task A_file_is_kept_byte_by_byte_and_measured_on_the_way(int size)
    {
        var bytes = RandomNumberGenerator.GetBytes(size);

        var stored = await _store.Store("job/a ü.png", new OneWay(bytes), Ct);

        stored.Size.ShouldBe(size);
        stored.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        stored.Head.ToArray().ShouldBe(bytes.Take(4096));
        (await ReadAll("job/a ü.png")).AsSpan().SequenceEqual(bytes).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(5_000_000, 10)]
    [InlineData(4_194_000, 1000)]
    public async Task A_part_is_read_by_seeking(int from, int count)
    {
        var bytes = RandomNumberGenerator.GetBytes(6_000_000);
        await _store.Store("job/a.bin", new MemoryStream(bytes), Ct);
        await using var content = (await _store.Open("job/a.bin", Ct)).ShouldNotBeNull();

        content.Position = from;
        var part = new byte[count];
        await content.ReadExactlyAsync(part, Ct);

        part.ShouldBe(bytes[from..(from + count)]);
        content.Length.ShouldBe(bytes.Length);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(Part + 100)]
    public async Task A_source_that_breaks_leaves_what_was_there(int after)
    {
        await _store.Store("job/a.png", new MemoryStream([1, 2, 3]), Ct);

        await Should.ThrowAsync<IOException>(() => _store.Store("job/a.png", new OneWay(new byte[after], new IOException("cut")), Ct));

        (await ReadAll("job/a.png")).ShouldBe([1, 2, 3]);
    }

    [Fact]
    public async Task The_files_of_a_folder_are_listed_and_deleted()
    {
        await _store.Store("a/b/one.png", new MemoryStream([1, 2, 3]), Ct);
        await _store.Store("ab/two.png", new MemoryStream([2]), Ct);
        (await _store.Examine(Ct)).Problem.ShouldBeNull();

        (await _store.List("a", Ct).Select(f => (f.Path, f.Size)).ToListAsync(Ct)).ShouldBe([("a/b/one.png", 3L)]);
        (await _store.List("", Ct).Select(f => f.Path).ToListAsync(Ct)).ShouldBe(["a/b/one.png", "ab/two.png"], ignoreOrder: true);

        await _store.Delete("a/b/one.png", Ct);
        await _store.Delete("never/was.png", Ct);
        (await _store.List("", Ct).Select(f => f.Path).ToListAsync(Ct)).ShouldBe(["ab/two.png"]);
        (await _store.Open("a/b/one.png", Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task A_list_of_many_pages_is_whole()
    {
        for (var n = 0; n < 5; n++)
        {
            await _store.Store($"job/{n}.bin", new MemoryStream([1]), Ct);
        }

        (await _store.List("job", Ct).CountAsync(Ct)).ShouldBe(5);
    }

    [Fact]
    public async Task A_bucket_that_went_away_is_a_failure_of_the_store()
    {
        await _client.DeleteBucketAsync(_bucket, Ct);

        await Should.ThrowAsync<IOException>(() => _store.Store("job/a.png", new MemoryStream([1]), Ct));
        await Should.ThrowAsync<IOException>(() => _store.List("", Ct).ToListAsync(Ct).AsTask());
    }

    [Theory]
    [InlineData("../a.png")]
    [InlineData("job/../../a.png")]
    [InlineData("/etc/passwd")]
    [InlineData("job//a.png")]
    [InlineData("")]
    public async Task A_path_that_leaves_the_store_is_refused(string path)
    {
        await Should.ThrowAsync<ArgumentException>(() => _store.Store(path, new MemoryStream([1]), Ct));
        await Should.ThrowAsync<ArgumentException>(async () => await _store.Open(path, Ct));
    }

    private async Task<byte[]> ReadAll(string path)
    {
        await using var content = (await _store.Open(path, Ct)).ShouldNotBeNull();
        var bytes = new MemoryStream();
        await content.CopyToAsync(bytes, Ct);
        return bytes.ToArray();
    }

    /// <summary>A source as a network gives it: of unknown length, and not to be read again.</summary>
    private sealed class OneWay(byte[] bytes, Exception? failure = null) : MemoryStream(bytes)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == base.Length && failure is not null ? throw failure : base.ReadAsync(buffer[..Math.Min(60_000, buffer.Length)], cancellationToken);
    }
}
