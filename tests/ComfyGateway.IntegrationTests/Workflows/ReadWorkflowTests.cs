using System.Text.RegularExpressions;

namespace ComfyGateway.IntegrationTests.Workflows;

public sealed partial class ReadWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task A_workflow_is_shown_with_its_version_as_entity_tag()
    {
        using var response = await Gateway.User.GetAsync("/workflows/icon_512", Ct);

        response.Headers.ETag!.Tag.ShouldBe("\"1\"");
        var workflow = (await Gateway.User.Json("/workflows/icon_512")).GetProperty("workflow");
        workflow.EnumerateObject().Select(m => m.Name).ShouldBe(
            ["id", "name", "description", "version", "workflowJson", "inputSchema", "defaultParams", "placeholders", "createdAt", "updatedAt"]);
        workflow.GetProperty("createdAt").GetString()!.ShouldMatch(Timestamp().ToString());
    }

    [Theory]
    [InlineData("/workflows/nowhere")]
    [InlineData("/workflows/ICON_512")]
    [InlineData("/workflows/..%2Ficon_512")]
    public async Task An_unknown_workflow_is_not_found(string path) => await Gateway.User.GetAsync(path, Ct).ShouldFail(404, "WORKFLOW_NOT_FOUND");

    [Fact]
    public async Task The_list_has_the_bundled_workflows_by_id_and_without_their_graphs()
    {
        var workflows = (await Gateway.User.Json("/workflows")).GetProperty("workflows").EnumerateArray().ToArray();

        workflows.Select(w => w.GetProperty("id").GetString()).ShouldBe(["icon_512", "sdxl_realism_v1", "sprite_transparent_bg"]);
        workflows.ShouldAllBe(w => string.Join(' ', w.EnumerateObject().Select(m => m.Name)) == "id name description version createdAt updatedAt");
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")]
    private static partial Regex Timestamp();
}
