using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Workflows;

/// <summary>Calls about workflows, and their answers.</summary>
internal static class WorkflowCalls
{
    public const string Graph =
        """{"1": {"class_type": "EmptyImage", "inputs": {"width": "{{width|32}}", "height": 32, "batch_size": 1, "color": 0}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "{{name}}"}}}""";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>A workflow of its own for a test.</summary>
    public static async Task<string> Register(this TestGateway gateway, string graph = Graph, string more = "")
    {
        var id = $"w-{Guid.CreateVersion7():N}";
        (await gateway.Admin.Call("POST", "/workflows", $$"""{"id": "{{id}}", "name": "First", "workflowJson": {{graph}}{{more}}}""")).Status.ShouldBe(201);
        return id;
    }

    /// <summary>Waits until the gateway was told the node classes of its backend.</summary>
    public static Task KnowsNodes(this TestGateway gateway) =>
        Eventually.Holds(async () => (await gateway.Get("/capabilities")).GetProperty("nodeTypes").GetInt32() > 0);

    public static async Task<Answer> Call(this HttpClient client, string method, string path, string? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        using var response = await client.SendAsync(request, Ct);
        var text = await response.Content.ReadAsStringAsync(Ct);
        return new Answer((int)response.StatusCode, text.Length > 0 ? JsonElement.Parse(text) : default, response.Headers.ETag, response.Headers.Location);
    }

    internal sealed record Answer(int Status, JsonElement Body, EntityTagHeaderValue? Tag, Uri? Location)
    {
        public JsonElement Workflow => Body.GetProperty("workflow");

        public string? Code => Body.GetProperty("code").GetString();

        public string[] Members => [.. Body.GetProperty("errors").EnumerateObject().Select(e => e.Name)];
    }
}
