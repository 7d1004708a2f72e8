using System.Net;

namespace ComfyGateway.IntegrationTests.Outputs;

public sealed class S3OutputsTests(S3Job fixture, PostgresFixture postgres, S3Fixture s3) : OutputsTests(fixture), IClassFixture<S3Job>
{
    [Fact]
    public async Task A_client_that_wants_so_is_sent_to_s3_with_a_link_that_needs_no_key()
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = Job.Gateway.Url };

        using var response = await http.Send("GET", $"{Job.Url}?redirect=true", ("X-API-Key", TestGateway.UserKey));
        using var linked = await http.GetAsync(response.Headers.Location, Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        linked.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await linked.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(Job.Bytes);
        linked.Content.Headers.ContentType!.MediaType.ShouldBe("image/png");
        linked.Content.Headers.ContentDisposition!.ToString().ShouldContain(Job.Filename);
    }

    [Fact]
    public async Task A_link_leads_to_a_file_of_an_odd_name_too()
    {
        var output = (await OddlyNamed()).GetProperty("outputs")[0];

        using var linked = await Job.Gateway.Admin.GetAsync($"{output.GetProperty("url").GetString()}?redirect=true", Ct);

        linked.StatusCode.ShouldBe(HttpStatusCode.OK, await linked.Content.ReadAsStringAsync(Ct));
        linked.RequestMessage!.RequestUri!.Port.ShouldNotBe(Job.Gateway.Url.Port);
        linked.Content.Headers.ContentDisposition!.FileNameStar.ShouldBe(OddName);
        (await linked.Content.ReadAsByteArrayAsync(Ct)).Length.ShouldBe(output.GetProperty("size").GetInt32());
    }

    [Fact]
    public async Task The_capabilities_tell_where_outputs_are() =>
        (await Job.Gateway.User.Json("/capabilities")).GetProperty("storageProvider").GetString().ShouldBe("s3");

    [Theory]
    [InlineData("S3_BUCKET", "there-is-none", "S3_BUCKET: found \"there-is-none\"")]
    [InlineData("S3_ACCESS_KEY", "somebody", "S3_ACCESS_KEY, S3_SECRET_KEY: found \"***\"")]
    [InlineData("S3_SECRET_KEY", "not-the-key", "S3_ACCESS_KEY, S3_SECRET_KEY: found \"***\"")]
    [InlineData("S3_ENDPOINT", "http://127.0.0.1:1", "S3_ENDPOINT: found \"http://127.0.0.1:1\"")]
    public async Task A_bucket_that_cannot_be_used_stops_the_start_naming_the_setting(string name, string value, string message)
    {
        var settings = await s3.NewBucket();
        settings[name] = value;

        var failure = await Should.ThrowAsync<StartException>(() => TestGateway.Start(postgres, settings));

        failure.Message.ShouldStartWith(message);
        failure.Message.ShouldNotContain("not-the-key");
        failure.Message.ShouldNotContain('\n');
    }
}
