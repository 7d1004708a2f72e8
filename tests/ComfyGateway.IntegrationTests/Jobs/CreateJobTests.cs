using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class CreateJobTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task An_accepted_job_is_told_where_to_look_for_it()
    {
        using var response = await Gateway.User.PostText("/jobs", """{"workflowId": "icon_512", "inputs": {"prompt": "x", "width": 64, "height": 64, "steps": 1}}""");

        ((int)response.StatusCode).ShouldBe(202);
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync(Ct));
        var id = answer.GetProperty("jobId").GetGuid();
        id.Version.ShouldBe(7);
        response.Headers.Location!.ToString().ShouldEndWith($"/jobs/{id}");
        answer.GetProperty("status").GetString().ShouldBe("queued");
        answer.GetProperty("pollUrl").GetString().ShouldBe($"/jobs/{id}");
        answer.GetProperty("eventsUrl").GetString().ShouldBe($"/jobs/{id}/events");
        answer.GetProperty("cancelUrl").GetString().ShouldBe($"/jobs/{id}/cancel");
        await Gateway.End(id);
    }

    [Theory]
    [InlineData("{}", "workflowId")]
    [InlineData("""{"workflowId": "icon_512", "workflow": {}}""", "workflowId")]
    [InlineData("""{"workflowId": 5}""", "workflowId")]
    [InlineData("""{"workflowId": "icon_512", "input": {"prompt": "x"}}""", "input")]
    [InlineData("""{"workflowId": "icon_512", "Inputs ": {"prompt": "x"}}""", "Inputs ")]
    [InlineData("""{"workflowId": "icon_512", "inputs": []}""", "inputs")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": ""}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": 1}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": null}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "a\u0000b"}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "a\ud800b"}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "promt": "x"}}""", "inputs.promt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "params": {"step": 1}}""", "params.step")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "steps": "20"}}""", "inputs.steps")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "steps": 0}}""", "inputs.steps")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "seed": 18446744073709551616}}""", "inputs.seed")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "width": 2049}}""", "inputs.width")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "params": {"height": 2049}}""", "params.height")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "batch_size": 5}}""", "inputs.batch_size")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "priority": 1}""", "priority")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "priority": -101}""", "priority")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "priority": 0.5}""", "priority")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "priority": "0"}""", "priority")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "timeoutMs": 0}""", "timeoutMs")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "timeoutMs": 300001}""", "timeoutMs")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "cache": "yes"}""", "cache")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": []}""", "metadata")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": {"a": ["\u0000"]}}""", "metadata.a[0]")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": {"a": "\udc00"}}""", "metadata.a")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": {"a": 1e-20000}}""", "metadata.a")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "cfg": 1e-20000}}""", "inputs.cfg")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "prompt": "y"}}""", "inputs.prompt")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": {"a": 1, "a": 2}}}""", "inputs.prompt.a")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": {"a": 1, "b": 1, "a": 2}}""", "metadata.a")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": {"a": [{}, {"b.c": {"\u0064": 1, "d": 2}}]}}""", "metadata.a[1].b.c.d")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "output": {"format": "webp", "format": "png"}}""", "output.format")]
    [InlineData("""{"workflowid": "icon_512", "inputs": {"prompt": "x"}}""", "workflowid")]
    [InlineData("""{"workflowId": "icon_512", "INPUTS": {"prompt": "x"}}""", "INPUTS")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "output": {"Format": "webp"}}""", "output.Format")]
    public async Task A_bad_member_is_named(string body, string member) =>
        (await Gateway.User.PostText("/jobs", body).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe([member]);

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("{'workflowId': 1}")]
    [InlineData("""{"workflowId": "icon_512",}""")]
    [InlineData("""{"workflowId": "icon_512", "workflowId": "icon_512"}""")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x", "prompt": "y"}}""")]
    [InlineData("""{"workflowId": "\ud800"}""")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"\ud800": 1, "prompt": "x"}}""")]
    [InlineData("""{"workflowId": "icon_512", "inputs": {"prompt": "x"}, "metadata": {"\ud800": 1}}""")]
    [InlineData("""{"\ud800": 1}""")]
    public async Task What_is_not_a_job_is_refused(string body) => await Gateway.User.PostText("/jobs", body).ShouldFail(400, "VALIDATION_ERROR");

    [Theory]
    [InlineData("[]")]
    [InlineData("\"x\"")]
    public async Task A_body_that_is_no_object_is_told_what_it_must_be(string body) =>
        (await Gateway.User.PostText("/jobs", body).ShouldFail(400, "VALIDATION_ERROR")).GetProperty("message").GetString().ShouldBe("The body must be a JSON object.");

    [Fact]
    public async Task A_charset_that_nobody_knows_is_an_unsupported_media_type() =>
        await Gateway.User.PostText("/jobs", "{}", "application/json; charset=klingon").ShouldFail(415, "UNSUPPORTED_MEDIA_TYPE");

    [Theory]
    [InlineData(16 * 1024 - 8, 202)]
    [InlineData(16 * 1024 - 7, 400)]
    public async Task Metadata_have_at_most_16_kilobytes(int letters, int status)
    {
        var body = $$"""{"workflowId": "icon_512", "inputs": {"prompt": "x", "width": 64, "height": 64, "steps": 1}, "metadata": {"a":"{{new string('m', letters)}}"} }""";

        (await Gateway.User.PostText("/jobs", body)).StatusCode.ShouldBe((System.Net.HttpStatusCode)status);
    }

    [Theory]
    [InlineData("inputs")]
    [InlineData("metadata")]
    public async Task What_is_nested_too_deep_is_refused(string member)
    {
        var deep = string.Concat(Enumerable.Repeat("[", 70)) + string.Concat(Enumerable.Repeat("]", 70));

        await Gateway.User.PostText("/jobs", $$$"""{"workflowId": "icon_512", "{{{member}}}": {"prompt": {{{deep}}} } }""").ShouldFail(400, "VALIDATION_ERROR");
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task A_body_that_is_not_said_to_be_json_is_not_read(string? contentType) =>
        await Gateway.User.PostText("/jobs", """{"workflowId": "icon_512"}""", contentType).ShouldFail(415, "UNSUPPORTED_MEDIA_TYPE");

    [Fact]
    public async Task A_body_over_ten_megabytes_is_too_large() =>
        await Gateway.User.PostText("/jobs", $$$"""{"workflowId": "icon_512", "inputs": {"prompt": "{{{new string('x', 10 * 1024 * 1024)}}}"} }""", asksFirst: true)
            .ShouldFail(413, "PAYLOAD_TOO_LARGE");

    [Fact]
    public async Task An_unknown_workflow_is_not_found() =>
        await Gateway.User.PostText("/jobs", """{"workflowId": "nowhere"}""").ShouldFail(404, "WORKFLOW_NOT_FOUND");

    [Fact]
    public async Task A_user_may_not_send_a_graph() =>
        await Gateway.User.PostText("/jobs", """{"workflow": {"1": {"class_type": "A", "inputs": {}}}}""").ShouldFail(403, "FORBIDDEN");

    [Theory]
    [InlineData("""{"workflow": {"1": {"class_type": "A", "inputs": {"width": 9999}}}}""", "workflow.1.inputs.width")]
    [InlineData("""{"workflow": {"1": {"class_type": "A", "inputs": {"width": "{{w|1}}"}}}, "inputs": {"w": 9999}}""", "inputs.w")]
    [InlineData("""{"workflow": {"1": {"class_type": "A", "inputs": {"batch_size": "{{n|5}}"}}}}""", "inputs.n")]
    [InlineData("""{"workflow": {"1": {"class_type": "A", "inputs": {"height": {"__value__": "9_999"}}}}}""", "workflow.1.inputs.height")]
    [InlineData("""{"workflow": {"1": {"class_type": "A", "inputs": {"a": "\ud800"}}}}""", "workflow.1.inputs.a")]
    [InlineData("""{"workflow": {"1": {"class_type": "A", "inputs": {"a": "{{x}}"}}}}""", "inputs.x")]
    [InlineData("""{"workflow": {"nodes": [], "links": []}}""", "workflow")]
    [InlineData("""{"workflow": []}""", "workflow")]
    public async Task A_bad_graph_is_refused_by_its_place(string body, string member) =>
        (await Gateway.Admin.PostText("/jobs", body).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe([member]);
}
