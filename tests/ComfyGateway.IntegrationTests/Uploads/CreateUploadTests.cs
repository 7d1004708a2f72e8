using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace ComfyGateway.IntegrationTests.Uploads;

public sealed class CreateUploadTests(CreateUploadTests.SmallUploads fixture) : IClassFixture<CreateUploadTests.SmallUploads>
{
    private const int Most = 100_000;

    private readonly HttpClient _client = fixture.Gateway.User;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_form_with_a_file_is_kept_with_what_is_true_of_it()
    {
        var picture = UploadCalls.Picture();

        using var response = await _client.UploadForm(picture, "Große Katze.png");

        var upload = await Task.FromResult(response).ShouldBe(201);
        response.Headers.Location!.OriginalString.ShouldBe($"/uploads/{upload.Id()}");
        upload.GetProperty("url").GetString().ShouldBe($"/uploads/{upload.Id()}");
        upload.GetProperty("filename").GetString().ShouldBe("Große Katze.png");
        upload.GetProperty("contentType").GetString().ShouldBe("image/png");
        upload.GetProperty("size").GetInt64().ShouldBe(picture.Length);
        upload.GetProperty("sha256").GetString().ShouldBe(Convert.ToHexStringLower(SHA256.HashData(picture)));
        (await _client.GetByteArrayAsync($"/uploads/{upload.Id()}", Ct)).ShouldBe(picture);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("image/png")]
    [InlineData("text/html")]
    [InlineData("application/json")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_body_is_taken_whatever_it_says_it_is(string? declared)
    {
        var upload = await _client.Upload(UploadCalls.Picture(), declared).ShouldBe(201);

        upload.GetProperty("contentType").GetString().ShouldBe("image/png");
        upload.GetProperty("filename").GetString().ShouldBe("upload.png");
    }

    [Theory]
    [InlineData("../../etc/passwd", "passwd.png")]
    [InlineData("C:\\temp\\cat.png", "cat.png")]
    [InlineData("cat.svg", "cat.png")]
    [InlineData("nul.png", "_nul.png")]
    [InlineData("a\tb.png", "a_b.png")]
    public async Task A_name_is_made_safe_and_ends_in_what_the_file_is(string given, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/uploads") { Content = new ByteArrayContent(UploadCalls.Picture()) };
        request.Content.Headers.TryAddWithoutValidation("Content-Disposition", $"attachment; filename*=UTF-8''{Uri.EscapeDataString(given)}");

        var upload = await _client.SendAsync(request, Ct).ShouldBe(201);

        upload.GetProperty("filename").GetString().ShouldBe(expected);
    }

    [Fact]
    public async Task A_form_whose_boundary_is_too_long_is_refused()
    {
        var boundary = new string('b', 5000);

        await _client.PostText("/uploads", $"--{boundary}--", $"multipart/form-data; boundary={boundary}").ShouldFail(400, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task The_same_bytes_from_the_same_owner_are_the_same_upload()
    {
        var picture = UploadCalls.Picture();
        var first = await _client.Uploaded(picture);

        var again = await _client.UploadForm(picture, "other.png").ShouldBe(200);
        using var other = fixture.Gateway.Client(TestGateway.OtherKey);
        var others = await other.Uploaded(picture);

        again.GetRawText().ShouldBe(first.GetRawText());
        others.Id().ShouldNotBe(first.Id());
        Files().Count(f => Path.GetFileName(f) == first.Id()).ShouldBe(1);
    }

    [Fact]
    public async Task The_same_bytes_at_once_are_one_upload()
    {
        var picture = UploadCalls.Picture();

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => _client.Upload(picture)));

        answers.Count(a => (int)a.StatusCode == 201).ShouldBe(1);
        answers.Count(a => (int)a.StatusCode == 200).ShouldBe(11);
        var ids = await Task.WhenAll(answers.Select(async a => (await System.Net.Http.Json.HttpContentJsonExtensions.ReadFromJsonAsync<System.Text.Json.JsonElement>(a.Content, Ct)).Id()));
        ids.Distinct().ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Of_the_largest_size_a_file_is_taken_and_of_one_byte_more_it_is_not()
    {
        await _client.Upload(UploadCalls.Sound(Most)).ShouldBe(201);
        await _client.UploadForm(UploadCalls.Sound(Most), "a.wav").ShouldBe(201);
        var before = Files().Length;

        var problem = await _client.Upload(UploadCalls.Sound(Most + 1)).ShouldFail(413, "PAYLOAD_TOO_LARGE");
        await _client.UploadForm(UploadCalls.Sound(Most + 1), "a.wav").ShouldFail(413, "PAYLOAD_TOO_LARGE");
        await _client.PostAsync("/uploads", new StreamContent(new NoLength(UploadCalls.Sound(Most * 5))), Ct).ShouldFail(413, "PAYLOAD_TOO_LARGE");

        problem.GetProperty("message").GetString()!.ShouldContain($"at most {Most} bytes");
        Files().Length.ShouldBe(before);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("<svg xmlns='http://www.w3.org/2000/svg'/>")]
    [InlineData("<html><script>alert(1)</script></html>")]
    [InlineData("{}")]
    public async Task What_is_none_of_the_accepted_kinds_is_refused_and_they_are_named(string content)
    {
        var before = Files().Length;

        var problem = await _client.Upload(Encoding.UTF8.GetBytes(content), "image/png").ShouldFail(415, "UNSUPPORTED_MEDIA_TYPE");

        problem.GetProperty("message").GetString()!.ShouldContain("PNG, JPEG");
        Files().Length.ShouldBe(before);
    }

    [Theory]
    [InlineData(100_000, 100_000)]
    [InlineData(16_385, 1)]
    [InlineData(10_001, 10_000)]
    [InlineData(0, 10)]
    public async Task A_header_with_too_many_pixels_or_none_is_refused(int width, int height)
    {
        var before = Files().Length;
        byte[] size = [(byte)(width >> 24), (byte)(width >> 16), (byte)(width >> 8), (byte)width, (byte)(height >> 24), (byte)(height >> 16), (byte)(height >> 8), (byte)height];
        byte[] header = [0x89, .. "PNG\r\n\u001a\n"u8, 0, 0, 0, 13, .. "IHDR"u8, .. size, 8, 2, 0, 0, 0, 1, 2, 3, 4];

        (await _client.Upload(header).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["file"]);

        Files().Length.ShouldBe(before);
    }

    [Fact]
    public async Task A_film_that_unpacks_to_too_many_pixels_is_refused()
    {
        var before = Files().Length;
        // Each picture is said to be 10,000 x 1,000 pixels, in a dozen bytes.
        byte[] size = [0x10, 0x27, 0xE8, 0x03];
        byte[] picture = [0x2C, 0, 0, 0, 0, .. size, 0, 2, 1, 0, 0];
        byte[] Film(int pictures) => [.. "GIF89a"u8, .. size, 0, 0, 0, .. Enumerable.Repeat(picture, pictures).SelectMany(p => p), 0x3B];

        await _client.Upload(Film(10)).ShouldBe(201);
        (await _client.Upload(Film(11)).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["file"]);

        Files().Length.ShouldBe(before + 1);
    }

    [Fact]
    public async Task No_file_is_refused()
    {
        (await _client.Upload([]).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["file"]);
        (await _client.UploadForm([], "a.png").ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["file"]);
        (await _client.UploadForm(UploadCalls.Picture(), "a.png", part: "image").ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["file"]);
        await _client.PostAsync("/uploads", new MultipartFormDataContent(), Ct).ShouldFail(400, "VALIDATION_ERROR");
    }

    [Fact]
    public async Task A_second_file_is_refused_and_the_first_is_not_kept()
    {
        var before = Files().Length;
        var form = new MultipartFormDataContent { { new ByteArrayContent(UploadCalls.Picture()), "file", "a.png" }, { new ByteArrayContent(UploadCalls.Picture()), "file", "b.png" } };

        await _client.PostAsync("/uploads", form, Ct).ShouldFail(400, "VALIDATION_ERROR");

        Files().Length.ShouldBe(before);
    }

    [Theory]
    [InlineData("multipart/form-data")]
    [InlineData("multipart/form-data; boundary=\"\"")]
    [InlineData("multipart/form-data; boundary=x")]
    public async Task Half_a_form_is_not_taken_for_a_file(string contentType)
    {
        var before = Files().Length;
        byte[] body = [.. "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n"u8, .. UploadCalls.Picture()];
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);

        await _client.PostAsync("/uploads", content, Ct).ShouldFail(400, "VALIDATION_ERROR");

        Files().Length.ShouldBe(before);
    }

    [Fact]
    public async Task Without_credentials_nothing_is_taken()
    {
        using var nobody = fixture.Gateway.Client(null);
        await nobody.Upload(UploadCalls.Picture()).ShouldFail(401, "AUTH_FAILED");
    }

    private string[] Files() => Directory.GetFiles(fixture.Gateway.StoragePath, "*", SearchOption.AllDirectories);

    public sealed class SmallUploads(PostgresFixture postgres) : GatewayFixture(postgres)
    {
        protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["MAX_UPLOAD_BYTES"] = $"{Most}" };
    }

    /// <summary>Sent in chunks, since nobody knows how long it is.</summary>
    private sealed class NoLength(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;
    }
}
