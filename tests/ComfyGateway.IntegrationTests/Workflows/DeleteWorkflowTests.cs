namespace ComfyGateway.IntegrationTests.Workflows;

public sealed class DeleteWorkflowTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task A_deleted_workflow_is_unknown_everywhere()
    {
        var id = await Gateway.Register();

        (await Gateway.Admin.Call("DELETE", $"/workflows/{id}")).Status.ShouldBe(204);

        foreach (var path in (string[])[$"/workflows/{id}", $"/workflows/{id}/versions", $"/workflows/{id}/versions/1"])
        {
            var answer = await Gateway.Admin.Call("GET", path);
            (answer.Status, answer.Code).ShouldBe((404, "WORKFLOW_NOT_FOUND"), path);
        }

        (await Gateway.Admin.Call("DELETE", $"/workflows/{id}")).Status.ShouldBe(404);
        (await Gateway.Admin.Call("PUT", $"/workflows/{id}", """{"name": "N"}""")).Status.ShouldBe(404);
        (await Gateway.User.Call("POST", "/jobs", $$"""{"workflowId": "{{id}}", "inputs": {"name": "x"} }""")).Status.ShouldBe(404);
        (await Gateway.User.Call("GET", "/workflows")).Body.GetProperty("workflows").EnumerateArray()
            .ShouldNotContain(w => w.GetProperty("id").GetString() == id);
    }

    [Fact]
    public async Task A_job_that_was_accepted_before_still_runs()
    {
        var id = await Gateway.Register();
        var ahead = await Gateway.Submit(new { workflow = Graphs.Sleep(seconds: 0.5) }, Gateway.Admin);
        var jobId = await Gateway.Submit(new { workflowId = id, inputs = new { name = "kept" } });

        (await Gateway.Admin.Call("DELETE", $"/workflows/{id}")).Status.ShouldBe(204);

        (await Gateway.End(ahead)).GetProperty("status").GetString().ShouldBe("succeeded");
        var job = await Gateway.End(jobId);
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("workflowVersion").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task An_id_that_is_taken_again_goes_on_counting()
    {
        var id = await Gateway.Register();
        await Gateway.Admin.Call("DELETE", $"/workflows/{id}");

        var again = await Gateway.Admin.Call("POST", "/workflows", $$"""{"id": "{{id}}", "name": "Again", "workflowJson": {{WorkflowCalls.Graph}} }""");

        again.Status.ShouldBe(201);
        again.Workflow.GetProperty("version").GetInt32().ShouldBe(3);
    }

    [Fact]
    public async Task If_match_must_name_the_current_version()
    {
        var id = await Gateway.Register();

        var stale = await Gateway.Admin.Call("DELETE", $"/workflows/{id}", ifMatch: "\"2\"");

        (stale.Status, stale.Code).ShouldBe((412, "WORKFLOW_CONFLICT"));
        (await Gateway.Admin.Call("DELETE", $"/workflows/{id}", ifMatch: "\"1\"")).Status.ShouldBe(204);
    }

    [Fact]
    public async Task Of_two_at_once_one_finds_it_gone()
    {
        var id = await Gateway.Register();

        var answers = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Gateway.Admin.Call("DELETE", $"/workflows/{id}")));

        answers.Select(a => a.Status).Order().ShouldBe([204, 404]);
    }

    [Fact]
    public async Task A_user_may_not() => (await Gateway.User.Call("DELETE", "/workflows/icon_512")).Status.ShouldBe(403);
}
