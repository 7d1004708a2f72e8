using System.Net.Http.Json;
using ComfyGateway.IntegrationTests.Uploads;
using ComfyGateway.IntegrationTests.Workflows;

namespace ComfyGateway.IntegrationTests.Http;

/// <summary>
/// Behind a proxy that does TLS the gateway knows neither the scheme nor the name that it is called by, so it tells paths, which are right everywhere.
/// </summary>
public sealed class LocationTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task Of_a_job_it_is_a_path()
    {
        using var answer = await Post("/jobs", JsonContent.Create(new { workflow = Graphs.Sleep() }));

        LocationOf(answer, 202).ShouldMatch("^/jobs/[0-9a-f-]{36}$");
    }

    [Fact]
    public async Task Of_an_upload_it_is_a_path()
    {
        using var answer = await Post("/uploads", new ByteArrayContent(UploadCalls.Picture()));

        LocationOf(answer, 201).ShouldMatch("^/uploads/[0-9a-f-]{36}$");
    }

    [Fact]
    public async Task Of_a_workflow_it_is_a_path()
    {
        var id = $"w-{Guid.CreateVersion7():N}";
        using var answer = await Post("/workflows", new StringContent(
            $$"""{"id": "{{id}}", "name": "First", "workflowJson": {{WorkflowCalls.Graph}}}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")));

        LocationOf(answer, 201).ShouldBe($"/workflows/{id}");
    }

    [Fact]
    public async Task Of_a_backend_it_is_a_path()
    {
        using var answer = await Post("/admin/backends", JsonContent.Create(new { id = "located", url = "http://127.0.0.1:9" }));

        LocationOf(answer, 201).ShouldBe("/admin/backends/located");
    }

    private async Task<HttpResponseMessage> Post(string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Host = "images.example.com";
        request.Headers.Add("X-Forwarded-Proto", "https");
        return await Gateway.Admin.SendAsync(request, Ct);
    }

    private static string LocationOf(HttpResponseMessage answer, int status)
    {
        ((int)answer.StatusCode).ShouldBe(status);
        return answer.Headers.Location!.OriginalString;
    }
}
