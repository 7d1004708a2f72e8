using ComfyGateway.IntegrationTests.Workflows;

namespace ComfyGateway.IntegrationTests.Http;

public sealed class NestingTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    private const string Graph =
        """{"1": {"class_type": "EmptyImage", "inputs": {"width": 32, "height": 32, "batch_size": 1, "color": 0, "more": {{more}}}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}""";

    private const string AnyValue = """, "inputSchema": {"properties": {"v": {}}}""";

    [Theory]
    [InlineData("metadata", 64)]
    [InlineData("inputs", 64)]
    [InlineData("workflow", 64)]
    public async Task A_request_may_be_nested_64_levels_deep_and_no_deeper(string member, int levels)
    {
        // The body and the member are two of them.
        var refused = await Gateway.Admin.PostText("/jobs", $$"""{"workflowId": "icon_512", "{{member}}": {"a": {{Nested(levels - 1)}} } }""").ShouldFail(400, "VALIDATION_ERROR");
        var read = await Gateway.Admin.PostText("/jobs", $$"""{"workflowId": "icon_512", "{{member}}": {"a": {{Nested(levels - 2)}} }, "prioritie": 1}""").ShouldFail(400, "VALIDATION_ERROR");

        refused.GetProperty("message").GetString()!.ShouldEndWith("is nested deeper than 64 levels");
        refused.Members().ShouldHaveSingleItem().ShouldStartWith(member);
        read.Members().ShouldBe(["prioritie"]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/{0}")]
    [InlineData("/{0}/history")]
    [InlineData("/{0}/history?version=1")]
    public async Task A_job_with_the_deepest_metadata_can_be_read_everywhere(string path)
    {
        var job = await Gateway.User.PostText(
            "/jobs", $$"""{"workflowId": "icon_512", "inputs": {"prompt": "x", "width": 64, "height": 64, "steps": 1}, "metadata": {"a": {{Nested(62)}} } }""").ShouldBe(202);
        var jobId = job.GetProperty("jobId").GetGuid();

        using var answer = await Gateway.User.GetAsync($"/jobs{string.Format(System.Globalization.CultureInfo.InvariantCulture, path, jobId)}", Ct);

        ((int)answer.StatusCode).ShouldBe(200);
        (await answer.Content.ReadAsStringAsync(Ct)).Replace(" ", "", StringComparison.Ordinal).ShouldContain(Nested(62));
    }

    [Fact]
    public async Task The_deepest_workflow_is_shown_as_it_was_registered()
    {
        var deepest = Nested(60);
        using var registered = await Gateway.Admin.PostText(
            "/workflows", $$"""{"id": "deepest", "name": "Deepest", "workflowJson": {{Graph.Replace("{{more}}", deepest, StringComparison.Ordinal)}} }""");
        using var shown = await Gateway.User.GetAsync("/workflows/deepest", Ct);
        using var rendered = await Gateway.User.PostText("/workflows/deepest/render", "{}");

        ((int)registered.StatusCode).ShouldBe(201);
        ((int)shown.StatusCode).ShouldBe(200);
        ((int)rendered.StatusCode).ShouldBe(200);
        (await rendered.Content.ReadAsStringAsync(Ct)).ShouldContain(deepest);
    }

    [Fact]
    public async Task A_value_that_makes_the_graph_too_deep_is_refused_also_after_one_that_does_not()
    {
        var id = await Gateway.Register(Graph.Replace("{{more}}", """["{{v}}"]""", StringComparison.Ordinal), AnyValue);

        (await Gateway.User.Call("POST", $"/workflows/{id}/render", """{"inputs": {"v": 1}}""")).Status.ShouldBe(200);
        using var fits = await Gateway.User.PostText($"/workflows/{id}/render", $$"""{"inputs": {"v": {{Nested(60)}} } }""");
        var refused = await Gateway.User.PostText("/jobs", $$"""{"workflowId": "{{id}}", "inputs": {"v": {{Nested(61)}} } }""").ShouldFail(400, "VALIDATION_ERROR");

        ((int)fits.StatusCode).ShouldBe(200);
        refused.Members().ShouldBe(["inputs.v"]);
    }

    private static string Nested(int levels) => new string('[', levels) + new string(']', levels);
}
