using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using ComfyGateway.Outputs.Files;
using NetVips;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>What a client sees of outputs, wherever they are kept.</summary>
public abstract class OutputsTests(FinishedJob fixture)
{
    protected const string OddName = "é😀 a&b#c;d'e+f=g,[1]{2}(3)@! 100%_00001_.png";

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
    public async Task A_client_that_wants_another_version_of_it_is_refused()
    {
        using var response = await _client.Send("GET", Job.Url, ("If-Match", "\"else\""));
        response.Headers.CacheControl.ShouldBeNull();

        await _client.Send("GET", Job.Url, ("If-Match", "\"else\"")).ShouldFail(412, "PRECONDITION_FAILED");
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

    [Fact]
    public async Task All_files_of_a_job_come_in_one_zip()
    {
        using var response = await _client.GetAsync($"/outputs/{Job.JobId}?format=zip", Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/zip");
        response.Content.Headers.ContentDisposition!.ToString().ShouldBe($"attachment; filename=\"{Job.JobId}.zip\"");
        using var zip = new ZipArchive(await response.Content.ReadAsStreamAsync(Ct));
        zip.Entries.Select(e => e.FullName).ShouldBe(Job.Job.GetProperty("outputs").EnumerateArray().Select(o => o.GetProperty("filename").GetString()));
        zip.Entries[0].CompressedLength.ShouldBe(zip.Entries[0].Length);
        using var first = new MemoryStream();
        await using (var content = await zip.Entries[0].OpenAsync(Ct))
        {
            await content.CopyToAsync(first, Ct);
        }

        first.ToArray().ShouldBe(Job.Bytes);
    }

    [Fact]
    public async Task A_name_of_signs_and_emoji_comes_back_everywhere()
    {
        var job = await OddlyNamed();
        var output = job.GetProperty("outputs")[0];
        using var file = await Job.Gateway.Admin.GetAsync(output.GetProperty("url").GetString(), Ct);
        using var zipped = await Job.Gateway.Admin.GetAsync($"/outputs/{job.GetProperty("jobId").GetGuid()}?format=zip", Ct);

        output.GetProperty("filename").GetString().ShouldBe(OddName);
        ((int)file.StatusCode).ShouldBe(200);
        (await file.Content.ReadAsByteArrayAsync(Ct)).Length.ShouldBe(output.GetProperty("size").GetInt32());
        file.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe(OddName);
        using var zip = new ZipArchive(await zipped.Content.ReadAsStreamAsync(Ct));
        zip.Entries.Select(e => e.FullName).ShouldBe([OddName]);
    }

    [Theory]
    [InlineData("png", "image/png", ".png")]
    [InlineData("jpg", "image/jpeg", ".jpg")]
    [InlineData("jpeg", "image/jpeg", ".jpg")]
    [InlineData("webp", "image/webp", ".webp")]
    [InlineData("avif", "image/avif", ".avif")]
    public async Task An_image_comes_in_another_format_the_second_time_from_the_store(string format, string type, string extension)
    {
        using var first = await _client.GetAsync($"{Job.Url}?format={format}&width=32", Ct);
        using var second = await _client.GetAsync($"{Job.Url}?format={format}&width=32", Ct);

        var bytes = await first.Content.ReadAsByteArrayAsync(Ct);
        first.StatusCode.ShouldBe(HttpStatusCode.OK);
        first.Content.Headers.ContentType!.MediaType.ShouldBe(type);
        first.Content.Headers.ContentDisposition!.ToString().ShouldContain(Path.ChangeExtension(Job.Filename, extension));
        FileKind.Of("", bytes).ContentType.ShouldBe(type);
        using (var image = Image.NewFromBuffer(bytes))
        {
            (image.Width, image.Height).ShouldBe((32, 32));
        }

        (await second.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(bytes);
        second.Headers.ETag.ShouldBe(first.Headers.ETag);
        using var unchanged = await _client.Send("GET", $"{Job.Url}?format={format}&width=32", ("If-None-Match", first.Headers.ETag!.Tag));
        unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        using var part = await _client.Send("GET", $"{Job.Url}?format={format}&width=32", ("Range", "bytes=1-3"));
        (await part.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(bytes[1..4]);
    }

    [Theory]
    [InlineData("width=32", 32, 32)]
    [InlineData("height=16", 16, 16)]
    [InlineData("width=40&height=20", 20, 20)]
    [InlineData("width=4000", 64, 64)]
    [InlineData("quality=10", 64, 64)]
    public async Task An_image_is_fitted_into_the_box_and_never_enlarged(string query, int width, int height)
    {
        using var image = Image.NewFromBuffer(await _client.GetByteArrayAsync($"{Job.Url}?{query}", Ct));

        (image.Width, image.Height).ShouldBe((width, height));
    }

    [Fact]
    public async Task What_an_image_tells_of_its_making_is_kept_only_where_that_is_asked_for()
    {
        var kept = await _client.GetByteArrayAsync($"{Job.Url}?format=png&metadata=keep", Ct);
        var stripped = await _client.GetByteArrayAsync($"{Job.Url}?format=png", Ct);

        Comments(Job.Bytes).ShouldNotBeEmpty();
        Comments(kept).ShouldBe(Comments(Job.Bytes));
        Comments(stripped).ShouldBeEmpty();

        static string[] Comments(byte[] png)
        {
            using var image = Image.NewFromBuffer(png);
            return [.. image.GetFields().Where(f => f.StartsWith("png-comment", StringComparison.Ordinal)).Select(f => (string)image.Get(f))];
        }
    }

    [Theory]
    [InlineData("format=tiff", "format")]
    [InlineData("format=", "format")]
    [InlineData("format=webp&quality=0", "quality")]
    [InlineData("quality=101", "quality")]
    [InlineData("quality=high", "quality")]
    [InlineData("width=0", "width")]
    [InlineData("width=16385", "width")]
    [InlineData("height=-1", "height")]
    [InlineData("height=1.5", "height")]
    [InlineData("metadata=some", "metadata")]
    [InlineData("format=base64&width=10", "format")]
    [InlineData("redirect=yes", "redirect")]
    [InlineData("format=base64&redirect=true", "redirect")]
    public async Task A_wish_that_makes_no_sense_is_refused_naming_it(string query, string member) =>
        (await _client.GetAsync($"{Job.Url}?{query}", Ct).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe([member]);

    [Fact]
    public async Task A_list_has_no_other_formats() =>
        (await _client.GetAsync($"/outputs/{Job.JobId}?format=tar", Ct).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["format"]);

    protected async Task<JsonElement> OddlyNamed()
    {
        // Each in a folder of its own: a second of the name there would be numbered.
        var graph = Graphs.Sleep();
        graph["3"] = new
        {
            class_type = "SaveImage",
            inputs = new { images = new object[] { "2", 0 }, filename_prefix = $"{Guid.CreateVersion7():N}/{OddName[..^"_00001_.png".Length]}" },
        };
        return await Job.Gateway.End(await Job.Gateway.Submit(new { workflow = graph }, Job.Gateway.Admin));
    }
}
