using System.Net;

namespace ComfyGateway.IntegrationTests.Uploads;

public sealed class ReadUploadTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task Its_bytes_are_served_with_what_a_client_needs_to_know()
    {
        var picture = UploadCalls.Picture();
        var upload = await Gateway.User.Uploaded(picture);

        using var response = await Gateway.User.GetAsync(upload.GetProperty("url").GetString(), Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(picture);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        response.Content.Headers.ContentLength.ShouldBe(picture.Length);
        response.Content.Headers.ContentDisposition!.ToString().ShouldContain("upload.png");
        response.Headers.ETag!.Tag.ShouldBe($"\"{upload.GetProperty("sha256").GetString()}\"");
        response.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        response.Headers.AcceptRanges.ShouldBe(["bytes"]);
    }

    [Fact]
    public async Task Parts_heads_and_conditions_are_as_with_outputs()
    {
        var picture = UploadCalls.Picture();
        var upload = await Gateway.User.Uploaded(picture);
        var url = upload.GetProperty("url").GetString()!;

        using var part = await Gateway.User.Send("GET", url, ("Range", "bytes=10-19"));
        using var head = await Gateway.User.Send("HEAD", url);
        using var same = await Gateway.User.Send("GET", url, ("If-None-Match", $"\"{upload.GetProperty("sha256").GetString()}\""));

        (await part.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(picture[10..20]);
        head.Content.Headers.ContentLength.ShouldBe(picture.Length);
        same.StatusCode.ShouldBe(HttpStatusCode.NotModified);
        await Gateway.User.Send("GET", url, ("Range", "bytes=999999-")).ShouldFail(416, "RANGE_NOT_SATISFIABLE");
    }

    [Theory]
    [InlineData("lines=1-2")]
    [InlineData("seconds=0-")]
    [InlineData("bytes")]
    public async Task Parts_in_another_unit_than_bytes_are_not_known(string range)
    {
        var picture = UploadCalls.Picture();
        var upload = await Gateway.User.Uploaded(picture);

        using var response = await Gateway.User.Send("GET", upload.GetProperty("url").GetString()!, ("Range", range));

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(picture);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    public async Task Somebody_elses_is_not_found_and_an_admin_sees_all(string method)
    {
        var upload = await Gateway.User.Uploaded(UploadCalls.Picture());
        using var other = Gateway.Client(TestGateway.OtherKey);

        await other.Send(method, $"/uploads/{upload.Id()}").ShouldFail(404, "UPLOAD_NOT_FOUND");

        using var seen = await Gateway.Admin.Send(method, $"/uploads/{upload.Id()}");
        seen.IsSuccessStatusCode.ShouldBeTrue();
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("0198c0de-0000-7000-8000-000000000000")]
    [InlineData("..%2F..%2Fsecret")]
    public async Task One_that_is_not_there_is_not_found(string id)
    {
        await Gateway.User.GetAsync($"/uploads/{id}", Ct).ShouldFail(404, "UPLOAD_NOT_FOUND");
        await Gateway.User.DeleteAsync($"/uploads/{id}", Ct).ShouldFail(404, "UPLOAD_NOT_FOUND");
    }

    [Fact]
    public async Task A_deleted_one_is_gone_with_its_bytes_and_may_be_sent_again()
    {
        var picture = UploadCalls.Picture();
        var upload = await Gateway.User.Uploaded(picture);

        using var deleted = await Gateway.User.DeleteAsync($"/uploads/{upload.Id()}", Ct);

        deleted.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await Gateway.User.GetAsync($"/uploads/{upload.Id()}", Ct).ShouldFail(404, "UPLOAD_NOT_FOUND");
        await Gateway.User.DeleteAsync($"/uploads/{upload.Id()}", Ct).ShouldFail(404, "UPLOAD_NOT_FOUND");
        File.Exists(Path.Combine(Gateway.StoragePath, "uploads", upload.Id())).ShouldBeFalse();
        (await Gateway.User.Uploaded(picture)).Id().ShouldNotBe(upload.Id());
    }
}
