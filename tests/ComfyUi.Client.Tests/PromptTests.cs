using System.Text;
using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

public sealed class PromptTests
{
    private static readonly PromptRequest Request = new("p-1", "c-1", """{"1": {"class_type": "A", "inputs": {}}}"""u8.ToArray());

    [Theory]
    [InlineData("050", "f4083614-4a16-46fe-9960-7d5686f554ce", 0)]
    [InlineData("052", "11111111-1111-4111-8111-111111111111", 1)]
    [InlineData("053", "job/42 ü", 2)]
    [InlineData("054", "42", 3)]
    [InlineData("055", "None", 4)]
    [InlineData("350", "nan-1", 0)]
    [InlineData("352", "sur-1", 1)]
    public async Task A_recorded_acceptance_tells_id_and_number(string recording, string promptId, double number)
    {
        await using var server = await ReplayServer.Answering(recording);

        var submission = await server.Client().Submit(Request, Limit.Token());

        var accepted = submission.ShouldBeOfType<PromptSubmission.Accepted>();
        accepted.PromptId.ShouldBe(promptId);
        accepted.Number.ShouldBe(number);
        accepted.IsPartial.ShouldBeFalse();
    }

    [Theory]
    [InlineData("057")]
    [InlineData("076")]
    [InlineData("081")]
    [InlineData("082")]
    [InlineData("083")]
    [InlineData("085")]
    [InlineData("086")]
    [InlineData("148")]
    [InlineData("164")]
    [InlineData("240")]
    public async Task Every_recorded_acceptance_is_whole(string recording)
    {
        await using var server = await ReplayServer.Answering(recording);

        (await server.Client().Submit(Request, Limit.Token())).ShouldBeOfType<PromptSubmission.Accepted>().IsPartial.ShouldBeFalse();
    }

    [Fact]
    public async Task A_partly_valid_prompt_is_accepted_with_its_node_errors()
    {
        await using var server = await ReplayServer.Answering("079");

        var accepted = (await server.Client().Submit(Request, Limit.Token())).ShouldBeOfType<PromptSubmission.Accepted>();

        accepted.IsPartial.ShouldBeTrue();
        accepted.PromptId.ShouldBe("0f8ec157-4b82-479b-99fa-38135e07b798");
        var node = accepted.NodeErrors.ShouldHaveSingleItem();
        (node.NodeId, node.ClassType).ShouldBe(("9", "SaveImage"));
        node.Errors.ShouldBe([new NodeInputError("required_input_missing", "Required input is missing", "images", "images")]);
    }

    [Theory]
    [InlineData("060", "invalid_prompt", "")]
    [InlineData("061", "prompt_outputs_failed_validation", "1 EmptyImage required_input_missing width")]
    [InlineData("062", "prompt_outputs_failed_validation", "1 EmptyImage value_bigger_than_max width")]
    [InlineData("063", "prompt_outputs_failed_validation", "2 GatewayTestSleep value_not_in_list fail")]
    [InlineData("064", "prompt_outputs_failed_validation", "1 CheckpointLoaderSimple value_not_in_list ckpt_name")]
    [InlineData("065", "prompt_no_outputs", "")]
    [InlineData("068", "no_prompt", "")]
    [InlineData("069", "no_prompt", "")]
    [InlineData("071", "prompt_no_outputs", "")]
    [InlineData("072", "invalid_prompt", "")]
    [InlineData("073", "prompt_outputs_failed_validation", "2 SaveImage exception_during_validation ")]
    [InlineData("074", "prompt_outputs_failed_validation", "2 SaveImage exception_during_validation ")]
    [InlineData("075", "prompt_outputs_failed_validation", "1 EmptyImage invalid_input_type width")]
    [InlineData("077", "prompt_outputs_failed_validation", "1 LoadImage custom_validation_failed image")]
    [InlineData("078", "prompt_outputs_failed_validation", "3 VAEDecode return_type_mismatch vae; 3 VAEDecode return_type_mismatch samples")]
    [InlineData("343", "prompt_outputs_failed_validation", "")]
    public async Task A_recorded_refusal_tells_its_type_and_what_is_wrong_with_which_node(string recording, string type, string findings)
    {
        await using var server = await ReplayServer.Answering(recording);

        var refused = (await server.Client().Submit(Request, Limit.Token())).ShouldBeOfType<PromptSubmission.Refused>();

        refused.Type.ShouldBe(type);
        refused.Message.ShouldNotBeEmpty();
        string.Join("; ", from node in refused.NodeErrors
                          from error in node.Errors
                          select $"{node.NodeId} {node.ClassType} {error.Type} {error.InputName}").ShouldBe(findings);
    }

    [Theory]
    [InlineData("066", 500)]
    [InlineData("067", 500)]
    [InlineData("070", 500)]
    [InlineData("084", 500)]
    [InlineData("087", 500)]
    [InlineData("319-prompt-same-number-same-id-2", 500)]
    [InlineData("283", 413)]
    [InlineData("241", 403)]
    public async Task An_answer_that_is_neither_yes_nor_no_leaves_the_outcome_unknown(string recording, int status)
    {
        await using var server = await ReplayServer.Answering(recording);

        var error = await Should.ThrowAsync<ComfyUiException>(server.Client().Submit(Request, Limit.Token()));

        error.Kind.ShouldBe(ComfyUiFailure.UnexpectedStatus);
        error.Status.ShouldBe(status);
        error.NotSent.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"error": "no prompt", "node_errors": []}""", "no prompt")]
    [InlineData("""{"error": {"type": "x", "message": "m"}}""", "m")]
    public async Task Refusals_of_other_versions_are_read_too(string body, string message)
    {
        await using var server = await ReplayServer.Answering(400, body);

        var refused = (await server.Client().Submit(Request, Limit.Token())).ShouldBeOfType<PromptSubmission.Refused>();

        refused.Message.ShouldBe(message);
        refused.NodeErrors.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("7.0", 7)]
    [InlineData("-1000.5", -1000.5)]
    [InlineData("\"3\"", 3)]
    [InlineData("Infinity", double.NaN)]
    public async Task The_number_can_be_anything_that_Python_counts_with(string number, double expected)
    {
        await using var server = await ReplayServer.Answering(200, $$"""{"prompt_id": "a", "number": {{number}}, "new": [NaN]}""");

        var accepted = (await server.Client().Submit(Request, Limit.Token())).ShouldBeOfType<PromptSubmission.Accepted>();

        accepted.Number.ShouldBe(expected);
    }

    [Fact]
    public async Task A_refusal_by_something_else_than_ComfyUI_is_an_unexpected_status()
    {
        await using var server = await ReplayServer.Answering(400, "<html>bad gateway</html>", "text/html");

        var error = await Should.ThrowAsync<ComfyUiException>(server.Client().Submit(Request, Limit.Token()));

        (error.Kind, error.Status).ShouldBe((ComfyUiFailure.UnexpectedStatus, 400));
    }

    [Fact]
    public async Task The_body_holds_only_what_we_put_there()
    {
        await using var server = await ReplayServer.Answering("050");
        var client = server.Client();

        await client.Submit(Request, Limit.Token());
        await client.Submit(Request with { Number = -1.5, Front = true, PromptId = "\"ü" }, Limit.Token());

        var bodies = server.Requests.Select(r => Encoding.UTF8.GetString(r.Body)).ToList();
        bodies[0].ShouldBe("""{"prompt_id":"p-1","client_id":"c-1","prompt":{"1": {"class_type": "A", "inputs": {}}}}""");
        bodies[1].ShouldBe(
            """{"prompt_id":"\u0022\u00FC","client_id":"c-1","prompt":{"1": {"class_type": "A", "inputs": {}}},"number":-1.5,"front":true}""");
        var request = server.Requests.First();
        (request.Method, request.Target, request.Headers["Content-Type"]).ShouldBe(("POST", "/prompt", "application/json"));
        request.Headers.Keys.ShouldNotContain("Origin");
        request.Headers.Keys.ShouldNotContain("Referer");
    }

    [Theory]
    [InlineData("""{}, "extra_data": null""")]
    [InlineData("""[]""")]
    [InlineData("""{} {}""")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("\ufeff{}")]
    public async Task A_prompt_that_is_not_one_JSON_object_is_never_sent(string prompt)
    {
        await using var server = await ReplayServer.Answering("050");

        await Should.ThrowAsync<ArgumentException>(
            () => server.Client().Submit(Request with { Prompt = Encoding.UTF8.GetBytes(prompt) }, Limit.Token()));

        server.Requests.ShouldBeEmpty();
    }
}
