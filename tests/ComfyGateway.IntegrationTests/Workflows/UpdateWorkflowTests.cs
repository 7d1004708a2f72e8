using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class UpdateWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task Only_what_is_sent_changes_and_makes_a_new_version()
    {
        var id = await Gateway.Register(more: """, "description": "D", "inputSchema": {"fields": {"name": {"type": "string"}, "width": {"type": "integer"}}}, "defaultParams": {"name": "n"}""");
        var before = (await Gateway.User.Call("GET", $"/workflows/{id}")).Workflow;

        var answer = await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"name": "Second"}""");

        answer.Status.ShouldBe(200);
        answer.Tag!.Tag.ShouldBe("\"2\"");
        answer.Body.GetProperty("warnings").ValueKind.ShouldBe(JsonValueKind.Array);
        (answer.Workflow.GetProperty("name").GetString(), answer.Workflow.GetProperty("version").GetInt32()).ShouldBe(("Second", 2));
        foreach (var member in (string[])["id", "description", "workflowJson", "inputSchema", "defaultParams", "placeholders", "createdAt"])
        {
            answer.Workflow.GetProperty(member).GetRawText().ShouldBe(before.GetProperty(member).GetRawText(), member);
        }

        (await Gateway.User.Call("GET", $"/workflows/{id}")).Workflow.GetRawText().ShouldBe(answer.Workflow.GetRawText());
    }

    [Fact]
    public async Task Null_clears_the_description_and_the_schema()
    {
        var id = await Gateway.Register(more: """, "description": "D", "inputSchema": {"fields": {"name": {"type": "integer"}}}""");

        var answer = await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"description": null, "inputSchema": null}""");

        answer.Status.ShouldBe(200);
        answer.Workflow.GetProperty("description").ValueKind.ShouldBe(JsonValueKind.Null);
        answer.Workflow.GetProperty("inputSchema").GetProperty("fields").GetProperty("name").GetProperty("type").GetString().ShouldBe("string");
    }

    [Theory]
    [InlineData("\"1\"", 200)]
    [InlineData("*", 200)]
    [InlineData("\"7\", \"1\"", 200)]
    [InlineData("\"2\"", 412)]
    [InlineData("W/\"1\"", 412)]
    [InlineData("1", 412)]
    [InlineData("\"1", 412)]
    public async Task If_match_must_name_the_current_version(string ifMatch, int status)
    {
        var id = await Gateway.Register();

        var answer = await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"name": "Second"}""", ifMatch);

        answer.Status.ShouldBe(status, answer.Body.GetRawText());
        if (status == 412)
        {
            answer.Code.ShouldBe("WORKFLOW_CONFLICT");
            (await Gateway.User.Call("GET", $"/workflows/{id}")).Tag!.Tag.ShouldBe("\"1\"");
        }
    }

    [Fact]
    public async Task Of_two_at_once_that_saw_the_same_version_one_wins()
    {
        var id = await Gateway.Register();

        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(n => Gateway.Admin.Call("PUT", $"/workflows/{id}", $$"""{"name": "{{n}}"}""", "\"1\"")));

        answers.Select(a => a.Status).Order().ShouldBe([200, 412]);
    }

    [Fact]
    public async Task Without_if_match_none_of_several_at_once_is_lost()
    {
        var id = await Gateway.Register();
        string[] changes = ["""{"name": "N"}""", """{"description": "D"}""", """{"defaultParams": {"name": "x"}}""", """{"inputSchema": {"fields": {"name": {"type": "string"}, "width": {}}}}"""];

        var answers = await Task.WhenAll(changes.Select(c => Gateway.Admin.Call("PUT", $"/workflows/{id}", c)));

        answers.Select(a => a.Status).ShouldAllBe(s => s == 200);
        answers.Select(a => a.Workflow.GetProperty("version").GetInt32()).Order().ShouldBe([2, 3, 4, 5]);
        var workflow = (await Gateway.User.Call("GET", $"/workflows/{id}")).Workflow;
        (workflow.GetProperty("name").GetString(), workflow.GetProperty("description").GetString()).ShouldBe(("N", "D"));
        workflow.GetProperty("defaultParams").GetProperty("name").GetString().ShouldBe("x");
        workflow.GetProperty("inputSchema").GetProperty("fields").TryGetProperty("width", out _).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"name": ""}""", "name")]
    [InlineData("""{"name": null}""", "name")]
    [InlineData("""{"name": 1}""", "name")]
    [InlineData("""{"name": "\ud800"}""", "name")]
    [InlineData("""{"description": 1}""", "description")]
    [InlineData("""{"workflowJson": null}""", "workflowJson")]
    [InlineData("""{"workflowJson": {"nodes": [], "links": []}}""", "workflowJson")]
    [InlineData("""{"inputSchema": []}""", "inputSchema")]
    [InlineData("""{"inputSchema": {"fields": {}}}""", "workflowJson")]
    [InlineData("""{"defaultParams": []}""", "defaultParams")]
    [InlineData("""{"defaultParams": {"\ud800": 1}}""", "defaultParams")]
    [InlineData("""{"defaultParams": {"nme": 1}}""", "defaultParams.nme")]
    [InlineData("""{"id": "other"}""", "id")]
    public async Task A_bad_change_is_refused_by_its_member_and_changes_nothing(string body, string member)
    {
        var id = await Gateway.Register();

        var answer = await Gateway.Admin.Call("PUT", $"/workflows/{id}", body);

        answer.Status.ShouldBe(400, answer.Body.GetRawText());
        answer.Members.ShouldContain(member);
        (await Gateway.User.Call("GET", $"/workflows/{id}")).Tag!.Tag.ShouldBe("\"1\"");
    }

    [Fact]
    public async Task An_unknown_workflow_is_not_found()
    {
        var answer = await Gateway.Admin.Call("PUT", "/workflows/nowhere", """{"name": "N"}""", "\"1\"");

        (answer.Status, answer.Code).ShouldBe((404, "WORKFLOW_NOT_FOUND"));
    }

    [Fact]
    public async Task A_user_may_not() => (await Gateway.User.Call("PUT", "/workflows/icon_512", """{"name": "N"}""")).Status.ShouldBe(403);
}
