namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class WorkflowVersionsTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task Every_change_is_listed_with_who_made_it_and_when()
    {
        var id = await Gateway.Register();
        await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"name": "Second"}""");
        await Gateway.Admin.Call("DELETE", $"/workflows/{id}");
        await Gateway.Admin.Call("POST", "/workflows", $$"""{"id": "{{id}}", "name": "Again", "workflowJson": {{WorkflowCalls.Graph}} }""");

        var versions = (await Gateway.User.Call("GET", $"/workflows/{id}/versions")).Body.GetProperty("versions").EnumerateArray().ToArray();

        versions.Select(v => (v.GetProperty("version").GetInt32(), v.GetProperty("change").GetString()))
            .ShouldBe([(1, "registered"), (2, "updated"), (3, "deleted"), (4, "registered")]);
        versions.ShouldAllBe(v => v.GetProperty("actor").GetString()!.StartsWith("key_", StringComparison.Ordinal));
        var times = versions.Select(v => v.GetProperty("at").GetDateTimeOffset()).ToArray();
        times.ShouldBe(times.Order());
    }

    [Fact]
    public async Task A_bundled_workflow_was_registered_by_the_system()
    {
        var versions = (await Gateway.User.Call("GET", "/workflows/icon_512/versions")).Body.GetProperty("versions");

        versions.EnumerateArray().ShouldHaveSingleItem().GetProperty("actor").GetString().ShouldBe("system");
    }

    [Fact]
    public async Task A_version_is_shown_as_it_was()
    {
        var id = await Gateway.Register();
        var first = (await Gateway.User.Call("GET", $"/workflows/{id}")).Workflow;
        await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"name": "Second", "defaultParams": {"name": "x"}}""");

        var then = await Gateway.User.Call("GET", $"/workflows/{id}/versions/1");
        var now = await Gateway.User.Call("GET", $"/workflows/{id}/versions/2");

        then.Workflow.GetRawText().ShouldBe(first.GetRawText());
        then.Tag!.Tag.ShouldBe("\"1\"");
        now.Workflow.GetRawText().ShouldBe((await Gateway.User.Call("GET", $"/workflows/{id}")).Workflow.GetRawText());
    }

    [Fact]
    public async Task The_version_that_is_the_deletion_is_not_found_and_those_before_it_are()
    {
        var id = await Gateway.Register();
        await Gateway.Admin.Call("DELETE", $"/workflows/{id}");
        await Gateway.Admin.Call("POST", "/workflows", $$"""{"id": "{{id}}", "name": "Again", "workflowJson": {{WorkflowCalls.Graph}} }""");

        (await Gateway.User.Call("GET", $"/workflows/{id}/versions/2")).Code.ShouldBe("WORKFLOW_NOT_FOUND");
        (await Gateway.User.Call("GET", $"/workflows/{id}/versions/1")).Workflow.GetProperty("name").GetString().ShouldBe("First");
        (await Gateway.User.Call("GET", $"/workflows/{id}/versions/3")).Workflow.GetProperty("name").GetString().ShouldBe("Again");
    }

    [Theory]
    [InlineData("/workflows/nowhere/versions")]
    [InlineData("/workflows/nowhere/versions/1")]
    [InlineData("/workflows/icon_512/versions/0")]
    [InlineData("/workflows/icon_512/versions/2")]
    [InlineData("/workflows/icon_512/versions/-1")]
    [InlineData("/workflows/icon_512/versions/99999999999999999999")]
    [InlineData("/workflows/icon_512/versions/first")]
    public async Task An_unknown_version_is_not_found(string path)
    {
        var answer = await Gateway.User.Call("GET", path);

        (answer.Status, answer.Code).ShouldBe((404, "WORKFLOW_NOT_FOUND"));
    }
}
