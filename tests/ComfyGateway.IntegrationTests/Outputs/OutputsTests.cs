using System.Net;
using System.Security.Cryptography;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>What a client sees of outputs, wherever they are kept.</summary>
public abstract class OutputsTests(FinishedJob fixture)
{
    private readonly HttpClient _client = fixture.Gateway.User;

    protected FinishedJob Job { get; } = fixture;

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_jobs_files_are_listed_as_in_the_job()
    {
        var list = await _client.Json($"/outputs/{Job.JobId}");

        list.GetProperty("jobId").GetGuid().ShouldBe(Job.JobId);
        list.GetProperty("files").GetRawText().ShouldBe(Job.Job.GetProperty("outputs").GetRawText());
        list.GetProperty("files").GetArrayLength().ShouldBe(2);
    }

    [Fact]
    public async Task A_file_is_served_whole_and_may_be_kept_for_ever()
    {
        using var response = await _client.GetAsync(Job.Url, Ct);

        var bytes = await response.Content.ReadAsByteArrayAsync(Ct);
        bytes.ShouldBe(Job.Bytes);
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        response.Content.Headers.ContentLength.ShouldBe(bytes.Length);
        response.Headers.ETag!.Tag.ShouldBe($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))}\"");
        response.Content.Headers.LastModified.ShouldNotBeNull();
        response.Headers.AcceptRanges.ShouldBe(["bytes"]);
        response.Headers.CacheControl!.ToString().ShouldBe("max-age=31536000, private, immutable");
        response.Content.Headers.ContentDisposition!.ToString().ShouldContain(Job.Filename);
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
    }

    [Fact]
    public async Task A_head_request_tells_the_same_without_the_bytes()
    {
        using var response = await _client.Send("HEAD", Job.Url);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(Job.Bytes.Length);
        response.Headers.ETag.ShouldNotBeNull();
        (await response.Content.ReadAsByteArrayAsync(Ct)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=10-19", 10, 10)]
    [InlineData("bytes=10-", 10, int.MaxValue)]
    [InlineData("bytes=-5", -5, 5)]
    [InlineData("bytes=0-99999999", 0, int.MaxValue)]
    public async Task A_part_may_be_asked_for(string range, int from, int count)
    {
        using var response = await _client.Send("GET", Job.Url, ("Range", range));

        var expected = (from < 0 ? Job.Bytes.TakeLast(-from) : Job.Bytes.Skip(from)).Take(count).ToArray();
        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await response.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(expected);
        response.Content.Headers.ContentRange!.Length.ShouldBe(Job.Bytes.Length);
        response.Content.Headers.ContentRange.From.ShouldBe(from < 0 ? Job.Bytes.Length + from : from);
    }

    [Theory]
    [InlineData("bytes=99999999-")]
    [InlineData("bytes=-0")]
    public async Task A_part_that_is_not_there_is_refused(string range)
    {
        using var response = await _client.Send("GET", Job.Url, ("Range", range));
        response.Content.Headers.ContentRange!.ToString().ShouldBe($"bytes */{Job.Bytes.Length}");

        await _client.Send("GET", Job.Url, ("Range", range)).ShouldFail(416, "RANGE_NOT_SATISFIABLE");
    }

    [Fact]
    public async Task A_client_that_has_it_already_is_told_so()
    {
        var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(Job.Bytes))}\"";

        using var same = await _client.Send("GET", Job.Url, ("If-None-Match", tag));
        using var other = await _client.Send("GET", Job.Url, ("If-None-Match", "\"else\""));

        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await same.Content.ReadAsByteArrayAsync(Ct)).ShouldBeEmpty();
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task As_base64_it_is_the_same_bytes()
    {
        using var response = await _client.GetAsync($"{Job.Url}?format=base64", Ct);

        var text = await response.Content.ReadAsStringAsync(Ct);
        response.Content.Headers.ContentLength.ShouldBe(text.Length);
        var answer = JsonElement.Parse(text);
        answer.EnumerateObject().Select(m => m.Name).ShouldBe(["filename", "contentType", "size", "data"]);
        answer.GetProperty("filename").GetString().ShouldBe(Job.Filename);
        answer.GetProperty("size").GetInt32().ShouldBe(Job.Bytes.Length);
        answer.GetProperty("data").GetBytesFromBase64().ShouldBe(Job.Bytes);
    }

    [Theory]
    [InlineData("nothing.png")]
    [InlineData("..%2F..%2Fsecret")]
    [InlineData("%5C..%5Csecret")]
    public async Task A_file_that_the_job_did_not_make_is_not_found(string file) =>
        await _client.GetAsync($"/outputs/{Job.JobId}/{file}", Ct).ShouldFail(404, "OUTPUT_NOT_FOUND");

    [Fact]
    public async Task Somebody_else_finds_neither_list_nor_file()
    {
        using var other = Job.Gateway.Client(TestGateway.OtherKey);

        await other.GetAsync($"/outputs/{Job.JobId}", Ct).ShouldFail(404, "JOB_NOT_FOUND");
        await other.GetAsync(Job.Url, Ct).ShouldFail(404, "JOB_NOT_FOUND");
    }
}
