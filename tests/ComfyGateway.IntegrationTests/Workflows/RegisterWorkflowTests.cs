using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class RegisterWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    private const string Graph = """{"1": {"class_type": "A", "inputs": {"a": "{{x}}"}}}""";

    // Of classes that ComfyUI has, so that there is nothing to warn of whether or not the backend has told them yet.
    private const string RealGraph = """
        {"1": {"class_type": "EmptyImage", "inputs": {"width": 32, "height": 32, "batch_size": 1, "color": 0}},
         "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "{{x}}"}}}
        """;

    [Fact]
    public async Task A_new_workflow_is_made_and_found_where_the_answer_says()
    {
        var id = NewId();

        using var response = await Gateway.Admin.PostText("/workflows", $$"""{"id": "{{id}}", "name": "N", "description": "D", "workflowJson": {{RealGraph}} }""");

        ((int)response.StatusCode).ShouldBe(201);
        response.Headers.Location!.ToString().ShouldEndWith($"/workflows/{id}");
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(Ct));
        answer.GetProperty("warnings").GetArrayLength().ShouldBe(0);
        var workflow = answer.GetProperty("workflow");
        (Text(workflow, "id"), Text(workflow, "name"), Text(workflow, "description")).ShouldBe((id, "N", "D"));
        workflow.GetProperty("version").GetInt32().ShouldBe(1);
        (await Gateway.User.Json(response.Headers.Location.ToString())).GetProperty("workflow").GetRawText().ShouldBe(workflow.GetRawText());
    }

    [Fact]
    public async Task What_was_given_is_shown_as_it_was_given()
    {
        var id = NewId();
        const string Schema = """{"type":"object","fields":{"x":{"type":"number","max":1.50,"default":1.0,"description":"ü"},"b":{"required":false,"type":"string"},"a":{"type":"enum","enum":["z","y"]}}}""";
        const string Template = """{"9":{"inputs":{"z":"{{x}}","a":1.50},"class_type":"B"},"1":{"class_type":"A","inputs":{}}}""";

        await Gateway.Admin.PostText("/workflows", $$"""{"id":"{{id}}","name":"N","workflowJson":{{Template}},"inputSchema":{{Schema}},"defaultParams":{"b":"q"} }""").ShouldBe(201);

        var shown = (await Gateway.User.Json($"/workflows/{id}")).GetProperty("workflow");
        shown.GetProperty("inputSchema").GetRawText().ShouldBe(Schema);
        shown.GetProperty("workflowJson").GetRawText().ShouldBe(Template);
        shown.GetProperty("defaultParams").GetRawText().ShouldBe("""{"b":"q"}""");
        shown.GetProperty("placeholders").EnumerateArray().Select(p => p.GetString()).ShouldBe(["x"]);
    }

    [Fact]
    public async Task Without_a_schema_the_derived_one_is_shown()
    {
        var id = NewId();

        var answer = await Gateway.Admin.PostText("/workflows", $$"""{"id": "{{id}}", "name": "N", "workflowJson": {{Graph}} }""").ShouldBe(201);

        answer.GetProperty("workflow").GetProperty("inputSchema").GetProperty("fields").GetProperty("x").GetProperty("required").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task An_id_that_is_taken_is_a_conflict()
    {
        var body = $$"""{"id": "{{NewId()}}", "name": "N", "workflowJson": {{Graph}} }""";
        await Gateway.Admin.PostText("/workflows", body).ShouldBe(201);

        await Gateway.Admin.PostText("/workflows", body).ShouldFail(409, "WORKFLOW_EXISTS");
    }

    [Fact]
    public async Task Of_many_at_once_one_makes_it()
    {
        var body = $$"""{"id": "{{NewId()}}", "name": "N", "workflowJson": {{Graph}} }""";

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Gateway.Admin.PostText("/workflows", body)));

        answers.Select(a => (int)a.StatusCode).Order().ShouldBe([201, 409, 409, 409, 409, 409, 409, 409]);
    }

    [Fact]
    public async Task A_user_may_not() =>
        await Gateway.User.PostText("/workflows", $$"""{"id": "{{NewId()}}", "name": "N", "workflowJson": {{Graph}} }""").ShouldFail(403, "FORBIDDEN");

    [Theory]
    [InlineData("""{"name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "a", "workflowJson": {}}""", "name")]
    [InlineData("""{"id": "a", "name": "N"}""", "workflowJson")]
    [InlineData("""{"id": "", "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "A", "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "-a", "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "a/b", "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "a\n", "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "a2345678901234567890123456789012345678901234567890123456789012345", "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": 1, "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": null, "name": "N", "workflowJson": {}}""", "id")]
    [InlineData("""{"id": "a", "name": "", "workflowJson": {}}""", "name")]
    [InlineData("""{"id": "a", "name": "x\u0000", "workflowJson": {}}""", "name")]
    [InlineData("""{"id": "a", "name": "N", "description": 1, "workflowJson": {}}""", "description")]
    [InlineData("""{"id": "a", "name": "N", "inputShema": {}, "workflowJson": {}}""", "inputShema")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": []}""", "workflowJson")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {}}""", "workflowJson")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"nodes": [], "links": []}}""", "workflowJson")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"inputs": {}}}}""", "workflowJson.1.class_type")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {"a": ["7", 0]}}}}""", "workflowJson.1.inputs.a")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {"a": "\ud800"}}}}""", "workflowJson.1.inputs.a")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {"a": "\u0000"}}}}""", "workflowJson.1.inputs.a")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {"a": "{{x}}"}}}, "inputSchema": {"fields": {}}}""", "workflowJson")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "inputSchema": []}""", "inputSchema")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "inputSchema": {"fields": {"\ud800": {}}}}""", "inputSchema")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "inputSchema": {"fields": {"a": {"type": "x"}}}}""", "inputSchema.fields.a.type")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "defaultParams": {"a": 1}}""", "defaultParams.a")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "defaultParams": []}""", "defaultParams")]
    [InlineData("""{"id": "a", "Name": "N", "workflowJson": {}}""", "Name")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}, "1": {"class_type": "B", "inputs": {}}}}""", "workflowJson.1")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "class_type": "B", "inputs": {}}}}""", "workflowJson.1.class_type")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {"x": 1, "x": 2}}}}""", "workflowJson.1.inputs.x")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "inputSchema": {"fields": {"a": {}, "a": {}}}}""", "inputSchema.fields.a")]
    public async Task A_bad_body_is_refused_by_its_member(string body, string member) =>
        (await Gateway.Admin.PostText("/workflows", body).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldContain(member);

    [Theory]
    [InlineData("""
        "name": ""
        """, "name", "must have 1 to 200 characters")]
    [InlineData("""
        "name": "a\u0000b"
        """, "name", "must not contain the character U+0000")]
    [InlineData("""
        "name": "N", "description": "a\u0000b"
        """, "description", "must not contain the character U+0000")]
    public async Task A_bad_text_is_told_its_own_fault(string texts, string member, string message)
    {
        var refused = await Gateway.Admin.PostText("/workflows", $$"""{"id": "a", {{texts}}, "workflowJson": {{Graph}} }""").ShouldFail(400, "VALIDATION_ERROR");
        var unchanged = await Gateway.Admin.Call("PUT", "/workflows/icon_512", $$"""{{{texts}}}""");

        refused.GetProperty("errors").GetProperty(member).EnumerateArray().Select(m => m.GetString()).ShouldBe([message]);
        unchanged.Body.GetProperty("errors").GetProperty(member).EnumerateArray().Select(m => m.GetString()).ShouldBe([message]);
    }

    [Theory]
    [InlineData("""{"id": "a", "id": "b", "name": "N", "workflowJson": {}}""")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}, "1": {"class_type": "B", "inputs": {}}}}""")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "inputSchema": {"fields": {"a": {}, "a": {}}}}""")]
    [InlineData("""{"id": "a", "name": "\ud800", "workflowJson": {}}""")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"1": {"class_type": "A", "inputs": {}}}, "defaultParams": {"\ud800": 1}}""")]
    [InlineData("""{"id": "a", "name": "N", "workflowJson": {"\ud800": {"class_type": "A", "inputs": {}}}}""")]
    [InlineData("""{"\ud800": 1}""")]
    public async Task A_body_that_says_two_things_or_none_is_refused(string body) =>
        await Gateway.Admin.PostText("/workflows", body).ShouldFail(400, "VALIDATION_ERROR");

    private static string NewId() => $"w-{Guid.CreateVersion7():N}";

    private static string? Text(JsonElement element, string member) => element.GetProperty(member).GetString();
}
