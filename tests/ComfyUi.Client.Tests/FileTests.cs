using System.Text;
using ComfyUi.Client.Tests.Harness;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace ComfyUi.Client.Tests;

public sealed class FileTests
{
    [Fact]
    public async Task A_file_is_streamed_with_type_and_length()
    {
        await using var server = await ReplayServer.Answering("200");

        await using var file = await server.Client().View(new OutputFile("3", "images", "bild-ä &ü.png", "a b", "temp"), Limit.Token());

        file.ContentType.ShouldBe("image/png");
        file.Length.ShouldBe(525);
        using var bytes = new MemoryStream();
        await file.Content.CopyToAsync(bytes, Limit.Token());
        bytes.ToArray().ShouldBe(Recording.Load("200").Body);
        server.Requests.Single().Target.ShouldBe("/view?filename=bild-%C3%A4%20%26%C3%BC.png&subfolder=a%20b&type=temp");
    }

    [Theory]
    [InlineData("205", ComfyUiFailure.NotFound, 404)]
    [InlineData("333", ComfyUiFailure.NotFound, 404)]
    [InlineData("208", ComfyUiFailure.UnexpectedStatus, 400)]
    [InlineData("209", ComfyUiFailure.UnexpectedStatus, 400)]
    [InlineData("210", ComfyUiFailure.UnexpectedStatus, 403)]
    public async Task A_file_that_cannot_be_viewed_is_told_by_kind(string recording, ComfyUiFailure kind, int status)
    {
        await using var server = await ReplayServer.Answering(recording);

        var error = await Should.ThrowAsync<ComfyUiException>(
            () => server.Client().View(new OutputFile("1", "images", "x.png", "", "output"), Limit.Token()));

        (error.Kind, error.Status).ShouldBe((kind, status));
    }

    [Theory]
    [InlineData("030", "up.png", "", "input", "up.png")]
    [InlineData("032", "up (1).png", "", "input", "up (1).png")]
    [InlineData("035", "up.png", "gw/a", "input", "gw/a/up.png")]
    [InlineData("036", "up.png", "", "temp", "up.png [temp]")]
    [InlineData("043", "bild-äöü 図.png", "", "input", "bild-äöü 図.png")]
    public async Task A_recorded_upload_tells_where_the_file_is(string recording, string name, string subfolder, string type, string input)
    {
        await using var server = await ReplayServer.Answering(recording);

        var file = await server.Client().Upload(new MemoryStream([1]), "up.png", null, "input", false, Limit.Token());

        file.ShouldBe(new UploadedFile(name, subfolder, type));
        file.InputValue.ShouldBe(input);
    }

    [Theory]
    [InlineData("037", 500)]
    [InlineData("038", 400)]
    [InlineData("041", 400)]
    [InlineData("284", 413)]
    public async Task A_recorded_rejection_of_an_upload_is_an_unexpected_status(string recording, int status)
    {
        await using var server = await ReplayServer.Answering(recording);

        var error = await Should.ThrowAsync<ComfyUiException>(
            () => server.Client().Upload(new MemoryStream([1]), "up.png", null, "input", false, Limit.Token()));

        (error.Kind, error.Status).ShouldBe((ComfyUiFailure.UnexpectedStatus, status));
    }

    [Fact]
    public async Task An_upload_is_a_form_with_a_raw_UTF8_file_name()
    {
        await using var server = await ReplayServer.Answering("030");
        using var content = new MemoryStream([1, 2, 3]);

        await server.Client().Upload(content, "bild \"ä\" 図.png", "sub/dir", "temp", overwrite: true, Limit.Token());

        var request = server.Requests.Single();
        content.CanRead.ShouldBeTrue();
        (await Sections(request)).ShouldBe(
        [
            "form-data; name=\"type\" = temp",
            "form-data; name=\"overwrite\" = true",
            "form-data; name=\"subfolder\" = sub/dir",
            "form-data; name=\"image\"; filename=\"bild %22ä%22 図.png\" = \u0001\u0002\u0003",
        ]);
    }

    private static async Task<List<string>> Sections(SeenRequest request)
    {
        var boundary = HeaderUtilities.RemoveQuotes(MediaTypeHeaderValue.Parse(request.Headers["Content-Type"]).Boundary).ToString();
        var reader = new MultipartReader(boundary, new MemoryStream(request.Body));
        var sections = new List<string>();
        while (await reader.ReadNextSectionAsync(Limit.Token()) is { } section)
        {
            using var text = new StreamReader(section.Body, Encoding.UTF8);
            sections.Add($"{section.ContentDisposition} = {await text.ReadToEndAsync(Limit.Token())}");
        }

        return sections;
    }
}
