namespace ComfyGateway.IntegrationTests.Workflows;

/// <summary>A gateway whose ComfyUI has never answered.</summary>
public sealed class LonelyGatewayFixture(PostgresFixture postgres) : GatewayFixture(postgres)
{
    protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["COMFYUI_URL"] = "http://127.0.0.1:1" };
}

public sealed class WorkflowsWithoutBackendTests(LonelyGatewayFixture fixture) : IClassFixture<LonelyGatewayFixture>
{
    private const string Graph = """{"1": {"class_type": "EmptyImage", "inputs": {"width": "{{size}}", "height": "{{size}}", "batch_size": 1, "color": "{{color|0}}"}}}""";

    private readonly TestGateway _gateway = fixture.Gateway;

    [Fact]
    public async Task Nothing_is_warned_of()
    {
        var answer = await _gateway.Admin.Call("POST", "/workflows", $$"""{"id": "w-{{Guid.CreateVersion7():N}}", "name": "N", "workflowJson": {{Graph}} }""");

        answer.Status.ShouldBe(201);
        answer.Body.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        var size = answer.Workflow.GetProperty("inputSchema").GetProperty("fields").GetProperty("size");
        (size.GetProperty("type").GetString(), size.GetProperty("required").GetBoolean()).ShouldBe(("string", true));
    }

    [Theory]
    [InlineData("64")]
    [InlineData("\"64\"")]
    public async Task A_job_waits_whatever_type_its_values_turn_out_to_need(string size)
    {
        var id = await _gateway.Register(Graph);

        var answer = await _gateway.User.Call("POST", "/jobs", $$"""{"workflowId": "{{id}}", "inputs": {"size": {{size}}, "color": 1.5} }""");

        answer.Status.ShouldBe(202, answer.Body.GetRawText());
    }

    [Fact]
    public async Task No_backend_can_run_it_and_nothing_is_known_to_be_missing()
    {
        var answer = await _gateway.User.Call("POST", "/workflows/icon_512/validate", """{"inputs": {"prompt": "x"}}""");

        answer.Body.GetProperty("valid").GetBoolean().ShouldBeTrue();
        var backend = answer.Body.GetProperty("backends").EnumerateArray().ShouldHaveSingleItem();
        (backend.GetProperty("canRun").GetBoolean(), backend.GetProperty("reachable").GetBoolean()).ShouldBe((false, false));
        foreach (var list in (string[])["missingNodes", "missingModels", "invalidValues"])
        {
            backend.GetProperty(list).GetArrayLength().ShouldBe(0);
        }
    }
}
