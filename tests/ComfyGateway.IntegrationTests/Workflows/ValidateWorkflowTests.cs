using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class ValidateWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task Good_values_are_valid_and_the_backend_can_run_them()
    {
        var answer = await Validate("icon_512", """{"inputs": {"prompt": "x"}}""");

        answer.GetProperty("valid").GetBoolean().ShouldBeTrue();
        answer.GetProperty("problems").GetArrayLength().ShouldBe(0);
        var backend = answer.GetProperty("backends").EnumerateArray().ShouldHaveSingleItem();
        backend.GetProperty("canRun").GetBoolean().ShouldBeTrue(backend.GetRawText());
        (await Gateway.Admin.Call("GET", "/jobs")).Body.GetProperty("count").GetInt32().ShouldBe(0);
    }

    [Theory]
    [InlineData("""{"inputs": {}}""", "inputs.prompt")]
    [InlineData("""{"inputs": {"prompt": "x", "steps": "many"}}""", "inputs.steps")]
    [InlineData("""{"inputs": {"prompt": "x"}, "params": {"stps": 3}}""", "params.stps")]
    [InlineData("""{"inputs": {"prompt": "x", "width": 99999}}""", "inputs.width")]
    public async Task Bad_values_are_told_as_data(string body, string path)
    {
        var answer = await Validate("icon_512", body);

        answer.GetProperty("valid").GetBoolean().ShouldBeFalse();
        answer.GetProperty("problems").EnumerateArray().Select(p => p.GetProperty("path").GetString()).ShouldBe([path]);
        answer.GetProperty("backends")[0].GetProperty("canRun").GetBoolean().ShouldBeTrue(answer.GetRawText());
    }

    [Fact]
    public async Task A_size_that_only_a_text_has_is_held_to_the_limit_too()
    {
        var id = await Gateway.Register(
            """{"1": {"class_type": "EmptyImage", "inputs": {"width": 32, "height": 32, "batch_size": 1, "color": 0}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "{{width}} wide"}}}""",
            """, "inputSchema": {"fields": {"width": {"type": "integer"}}}""");

        var given = await Validate(id, """{"inputs": {"width": 99999}}""");
        var rendered = await Gateway.User.Call("POST", $"/workflows/{id}/render", """{"params": {"width": 99999}}""");
        var posted = await Gateway.User.Call("POST", "/jobs", $$"""{"workflowId": "{{id}}", "inputs": {"width": 99999} }""");

        given.GetProperty("problems").EnumerateArray().Select(p => (p.GetProperty("path").GetString(), p.GetProperty("message").GetString()))
            .ShouldBe([("inputs.width", "must be at most 2048")]);
        rendered.Members.ShouldBe(["params.width"]);
        posted.Members.ShouldBe(["inputs.width"]);
    }

    [Fact]
    public async Task What_a_backend_lacks_is_named()
    {
        var id = await Gateway.Register(
            """
            {"1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "{{model}}"}},
             "2": {"class_type": "EmptyImage", "inputs": {"width": "{{width}}", "height": 32, "batch_size": 1, "color": 0}},
             "3": {"class_type": "CutOutTheBackground", "inputs": {"image": ["2", 0]}},
             "4": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}
            """, """, "inputSchema": {"fields": {"model": {}, "width": {}}}""");

        var answer = await Validate(id, """{"inputs": {"model": "nowhere.safetensors", "width": 0}}""");

        answer.GetProperty("valid").GetBoolean().ShouldBeTrue();
        var backend = answer.GetProperty("backends")[0];
        backend.GetProperty("canRun").GetBoolean().ShouldBeFalse();
        backend.GetProperty("missingNodes").EnumerateArray().Select(n => n.GetString()).ShouldBe(["CutOutTheBackground"]);
        backend.GetProperty("missingModels").EnumerateArray().Select(n => n.GetString()).ShouldBe(["nowhere.safetensors"]);
        backend.GetProperty("invalidValues").EnumerateArray().Select(v => (v.GetProperty("path").GetString(), v.GetProperty("message").GetString()))
            .ShouldBe([("workflow.2.inputs.width", "must be at least 1"), ("workflow.4.inputs.images", "takes IMAGE and is linked to MODEL")]);
    }

    [Fact]
    public async Task An_unknown_workflow_is_not_found() =>
        (await Gateway.User.Call("POST", "/workflows/nowhere/validate", "{}")).Status.ShouldBe(404);

    private async Task<JsonElement> Validate(string id, string body)
    {
        await Gateway.KnowsNodes();
        var answer = await Gateway.User.Call("POST", $"/workflows/{id}/validate", body);
        answer.Status.ShouldBe(200, answer.Body.GetRawText());
        return answer.Body;
    }
}
