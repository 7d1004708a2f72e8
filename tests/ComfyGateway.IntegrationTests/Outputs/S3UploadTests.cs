using System.Net;
using System.Security.Cryptography;
using Amazon.S3;
using Amazon.S3.Model;
using ComfyGateway.Outputs.S3;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>What is sent to S3 while a file is stored, and what becomes of a file that breaks on the way.</summary>
public sealed class S3UploadTests(S3Fixture s3) : IAsyncLifetime
{
    private const int TwoParts = S3Upload.PartSize + 100;
    private const string File = "job/a.bin";
    private const string Key = $"some/where/{File}";

    private S3Proxy _proxy = null!;
    private Dictionary<string, string> _settings = [];
    private IAmazonS3 _client = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _settings = await s3.NewBucket();
        _proxy = await S3Proxy.Start(_settings["S3_ENDPOINT"]);
        _settings["S3_ENDPOINT"] = _proxy.Url;
        _client = S3Fixture.Client(_settings);
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _proxy.DisposeAsync();
    }

    [Theory]
    [InlineData("AES256")]
    [InlineData("aws:kms")]
    public async Task What_is_to_be_encrypted_says_so_where_the_object_begins(string encryption)
    {
        _settings["S3_SSE"] = encryption;

        await Store().Store("job/small.bin", new MemoryStream([1]), Ct);
        await Store().Store("job/large.bin", new MemoryStream(new byte[TwoParts]), Ct);

        // A part is encrypted as its upload is, and S3 refuses one that says so itself.
        _proxy.Requests.Select(r => (r.Method, Part: r.IsPart, r.Encryption)).ShouldBe(
            [("PUT", false, encryption), ("POST", false, encryption), ("PUT", true, null), ("PUT", true, null), ("POST", false, null)]);
    }

    [Fact]
    public async Task Without_a_wish_nothing_is_said_of_encryption()
    {
        await Store().Store("job/small.bin", new MemoryStream([1]), Ct);

        _proxy.Requests.ShouldHaveSingleItem().Encryption.ShouldBeNull();
    }

    [Fact]
    public async Task Bodies_are_sent_as_every_server_understands_them()
    {
        await Store().Store("job/small.bin", new MemoryStream([1]), Ct);
        await Store().Store("job/large.bin", new MemoryStream(new byte[TwoParts]), Ct);

        _proxy.Requests.ShouldAllBe(r => !r.Headers.ContainsKey("x-amz-trailer") && !r.Headers.ContainsKey("Transfer-Encoding"));
        _proxy.Requests.Where(r => r.Method == "PUT").ShouldAllBe(r => r.Headers["x-amz-content-sha256"].Length == 64 && r.Headers.ContainsKey("Content-Length"));
    }

    [Fact]
    public async Task A_part_that_fails_is_sent_again_alone()
    {
        var bytes = RandomNumberGenerator.GetBytes(TwoParts);
        _proxy.Refuse = r => r.IsPart && r.Query["partNumber"] == "2" && PartsSent("2") == 1 ? HttpStatusCode.ServiceUnavailable : null;

        var stored = await Store().Store(File, new MemoryStream(bytes), Ct);

        (PartsSent("1"), PartsSent("2")).ShouldBe((1, 2));
        stored.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        await using var content = (await Store().Open(File, Ct)).ShouldNotBeNull();
        (await SHA256.HashDataAsync(content, Ct)).ShouldBe(SHA256.HashData(bytes));
    }

    [Fact]
    public async Task An_upload_that_is_refused_midway_is_aborted_and_nothing_is_left()
    {
        _proxy.Refuse = r => r.IsPart && r.Query["partNumber"] == "2" ? HttpStatusCode.Forbidden : null;

        await Should.ThrowAsync<IOException>(() => Store().Store(File, new MemoryStream(new byte[TwoParts]), Ct));

        await ShouldBeAborted();
    }

    [Fact]
    public async Task An_upload_whose_source_breaks_is_aborted_and_nothing_is_left()
    {
        await Should.ThrowAsync<IOException>(() => Store().Store(File, new Breaking(TwoParts), Ct));

        await ShouldBeAborted();
    }

    [Fact]
    public async Task An_upload_that_is_given_up_is_aborted_and_nothing_is_left()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        _proxy.Refuse = r =>
        {
            if (r.IsPart)
            {
                patience.Cancel();
            }

            return null;
        };

        await Should.ThrowAsync<OperationCanceledException>(() => Store().Store(File, new MemoryStream(new byte[TwoParts]), patience.Token));

        await ShouldBeAborted();
    }

    [Fact]
    public async Task An_upload_that_cannot_be_aborted_fails_as_it_did()
    {
        _proxy.Refuse = r => r.IsPart || r.Method == "DELETE" ? HttpStatusCode.Forbidden : null;

        await Should.ThrowAsync<IOException>(() => Store().Store(File, new MemoryStream(new byte[TwoParts]), Ct));

        (await Store().Open(File, Ct)).ShouldBeNull();
    }

    [Fact]
    public async Task Tidying_aborts_what_a_killed_gateway_left_and_no_upload_that_goes_on()
    {
        var before = TimeProvider.System.GetUtcNow();
        var left = await _client.InitiateMultipartUploadAsync(_settings["S3_BUCKET"], Key, Ct);
        var others = await _client.InitiateMultipartUploadAsync(_settings["S3_BUCKET"], "elsewhere/b.bin", Ct);

        await Store().Tidy(before.AddMinutes(-1), Ct);
        (await Uploads()).ShouldBe([left.UploadId, others.UploadId], ignoreOrder: true);

        await Store().Tidy(before.AddMinutes(1), Ct);
        (await Uploads()).ShouldBe([others.UploadId]);
    }

    private async Task ShouldBeAborted()
    {
        var uploadId = _proxy.Requests.First(r => r.IsPart).Query["uploadId"];
        var last = _proxy.Requests.Last();
        (last.Method, last.Path, last.Query["uploadId"]).ShouldBe(("DELETE", $"/{_settings["S3_BUCKET"]}/{Key}", uploadId));
        (await Store().Open(File, Ct)).ShouldBeNull();
        (await Store().List("", Ct).CountAsync(Ct)).ShouldBe(0);
        (await Uploads()).ShouldBeEmpty();
    }

    private async Task<string[]> Uploads()
    {
        var answer = await _client.ListMultipartUploadsAsync(new ListMultipartUploadsRequest { BucketName = _settings["S3_BUCKET"] }, Ct);
        return [.. (answer.MultipartUploads ?? []).Select(u => u.UploadId)];
    }

    private int PartsSent(string number) => _proxy.Requests.Count(r => r.IsPart && r.Query["partNumber"] == number);

    private S3FileStore Store() => new(S3Fixture.Client(_settings), TestSettings.Read(_settings), TimeProvider.System, NullLogger<S3FileStore>.Instance);

    private sealed class Breaking(int after) : MemoryStream(new byte[after])
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == Length ? throw new IOException("cut") : base.ReadAsync(buffer, cancellationToken);
    }
}
