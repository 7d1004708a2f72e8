namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class RenderWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task The_graph_is_shown_as_comfyui_would_get_it_and_nothing_is_queued()
    {
        var answer = await Gateway.User.Call(
            "POST", "/workflows/icon_512/render", """{"inputs": {"prompt": "a {{fox}} \"x\"", "seed": 18446744073709551615}, "params": {"steps": 7, "width": 64}}""");

        answer.Status.ShouldBe(200, answer.Body.GetRawText());
        var prompt = answer.Body.GetProperty("prompt");
        prompt.GetProperty("2").GetProperty("inputs").GetProperty("text").GetString()!.ShouldStartWith("a {{fox}} \"x\", ");
        prompt.GetProperty("4").GetProperty("inputs").GetProperty("width").GetRawText().ShouldBe("64");
        prompt.GetProperty("5").GetProperty("inputs").GetProperty("seed").GetRawText().ShouldBe("18446744073709551615");
        var inputs = answer.Body.GetProperty("inputs");
        inputs.GetProperty("steps").GetInt32().ShouldBe(7);
        inputs.GetProperty("height").GetInt32().ShouldBe(512);
        (await Gateway.Admin.Call("GET", "/jobs")).Body.GetProperty("count").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_seed_is_drawn_where_none_is_sent()
    {
        var answer = await Gateway.User.Call("POST", "/workflows/icon_512/render", """{"inputs": {"prompt": "x"}}""");

        var seed = answer.Body.GetProperty("inputs").GetProperty("seed").GetUInt64();
        answer.Body.GetProperty("prompt").GetProperty("5").GetProperty("inputs").GetProperty("seed").GetUInt64().ShouldBe(seed);
    }

    [Theory]
    [InlineData("""{"inputs": {}}""", "inputs.prompt")]
    [InlineData("""{"inputs": {"prompt": "x", "stps": 1}}""", "inputs.stps")]
    [InlineData("""{"inputs": {"prompt": "x"}, "params": {"steps": "many"}}""", "params.steps")]
    [InlineData("""{"input": {"prompt": "x"}}""", "input")]
    public async Task Bad_values_are_refused_as_for_a_job(string body, string member)
    {
        var answer = await Gateway.User.Call("POST", "/workflows/icon_512/render", body);

        (answer.Status, answer.Code).ShouldBe((400, "VALIDATION_ERROR"));
        answer.Members.ShouldBe([member]);
    }

    [Fact]
    public async Task An_unknown_workflow_is_not_found()
    {
        var answer = await Gateway.User.Call("POST", "/workflows/nowhere/render", "{}");

        (answer.Status, answer.Code).ShouldBe((404, "WORKFLOW_NOT_FOUND"));
    }
}
