using ComfyGateway.IntegrationTests.Workflows;

namespace ComfyGateway.IntegrationTests.Uploads;

/// <summary>URLs as inputs of a gateway whose operator has allowed nothing.</summary>
public sealed class PrivateUrlTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Theory]
    [InlineData("/jobs")]
    [InlineData("render")]
    public async Task A_url_that_leads_to_this_host_is_refused_and_not_fetched(string path)
    {
        await using var server = await RemoteServer.Start(c => c.Response.Body.WriteAsync(UploadCalls.Picture(), c.RequestAborted).AsTask());
        var workflow = await Gateway.Register(
            """{"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}""");
        var (target, id) = path == "/jobs" ? (path, $"\"workflowId\": \"{workflow}\", ") : ($"/workflows/{workflow}/{path}", "");

        var problem = await Gateway.User.PostText(target, $$"""{{{id}}"inputs": {"image": "{{server.Url}}" } }""").ShouldFail(400, "VALIDATION_ERROR");

        problem.Members().ShouldBe(["inputs.image"]);
        problem.GetProperty("message").GetString().ShouldBe("inputs.image leads to an address that is not public");
        server.Requests.ShouldBe(0);
    }
}
