using System.Text;
using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

public sealed class QueueTests
{
    [Fact]
    public async Task An_idle_queue_is_empty()
    {
        var queue = await Get("002");

        queue.Running.ShouldBeEmpty();
        queue.Pending.ShouldBeEmpty();
    }

    [Fact]
    public async Task Running_and_pending_prompts_are_listed_with_their_numbers()
    {
        var queue = await Get("115");

        queue.Running.Select(Head).ShouldBe([("eb41bbdb-fa49-476f-b2f6-a20a1d23ef28", 36, "c-114-ws-interrupt-by-prompt_id")]);
        queue.Pending.Select(Head).ShouldBe([("ff4d4ca7-cfe4-48e3-b6bf-c075a441911c", 37, "c-114-ws-interrupt-by-prompt_id")]);
        queue.Running.Concat(queue.Pending).SelectMany(p => p.OutputNodes).ShouldBe(["3", "3"]);
    }

    [Fact]
    public async Task Pending_prompts_are_in_order_of_execution_and_not_as_the_server_lists_them()
    {
        var queue = await Get("139");

        queue.Pending.Count.ShouldBeGreaterThan(3);
        queue.Pending.Select(p => p.Number).ShouldBeInOrder();
        queue.Pending[0].Number.ShouldBeLessThan(0);
    }

    [Theory]
    [InlineData("109", 1, 0)]
    [InlineData("150", 1, 2)]
    [InlineData("153", 1, 0)]
    [InlineData("314", 1, 0)]
    [InlineData("320", 1, 2)]
    public async Task Every_recorded_queue_is_read(string recording, int running, int pending)
    {
        var queue = await Get(recording);

        (queue.Running.Count, queue.Pending.Count).ShouldBe((running, pending));
    }

    [Fact]
    public async Task Strange_numbers_and_more_elements_and_NaN_in_a_prompt_are_read()
    {
        const string body = """
            {"queue_running": [[-1000.5, "a", {"1": {"inputs": {"x": NaN, "y": "]]\"NaN"}}}, {}, ["1"], {"new": 1}, 7]],
             "queue_pending": [[7.0, "b", {}, {"extra_pnginfo": {"client_id": "no"}, "client_id": "c"}, []], [8, "d", {}, {"client_id": 1}], [9, "e", {}, null], [-Infinity, "\ud83d\ude00"], [1]], "more": Infinity}
            """;
        await using var server = await ReplayServer.Answering(200, body);

        var queue = await server.Client().GetQueue(Limit.Token());

        queue.Running.Select(Head).ShouldBe([("a", -1000.5, null)]);
        queue.Pending.Select(Head).ShouldBe([("😀", double.NaN, null), ("b", 7, "c"), ("d", 8, null), ("e", 9, null)]);
        queue.Running.Concat(queue.Pending).SelectMany(p => p.OutputNodes).ShouldBe(["1"]);
    }

    [Fact]
    public async Task Prompts_are_deleted_by_id_and_nothing_is_sent_for_none()
    {
        await using var server = await ReplayServer.Answering("130");
        var client = server.Client();

        await client.DeleteFromQueue(["a", "b\""], Limit.Token());
        await client.DeleteFromQueue([], Limit.Token());
        await client.DeleteHistory(["c"], Limit.Token());
        await client.DeleteHistory([], Limit.Token());

        server.Requests.Select(Line).ShouldBe(["POST /queue {\"delete\":[\"a\",\"b\\u0022\"]}", "POST /history {\"delete\":[\"c\"]}"]);
    }

    [Fact]
    public async Task An_interrupt_always_names_its_prompt()
    {
        await using var server = await ReplayServer.Answering("118");
        var client = server.Client();

        await client.Interrupt("a", Limit.Token());
        await Should.ThrowAsync<ArgumentException>(() => client.Interrupt("", Limit.Token()));
        await Should.ThrowAsync<ArgumentException>(() => client.Interrupt(null!, Limit.Token()));

        server.Requests.Select(Line).ShouldBe(["POST /interrupt {\"prompt_id\":\"a\"}"]);
    }

    [Fact]
    public async Task Free_names_both_kinds_of_memory()
    {
        await using var server = await ReplayServer.Answering("157");

        await server.Client().Free(unloadModels: true, freeMemory: false, Limit.Token());

        server.Requests.Select(Line).ShouldBe(["POST /free {\"unload_models\":true,\"free_memory\":false}"]);
    }

    [Fact]
    public async Task A_free_that_fails_is_an_error()
    {
        await using var server = await ReplayServer.Answering("158");

        var error = await Should.ThrowAsync<ComfyUiException>(() => server.Client().Free(true, true, Limit.Token()));

        (error.Kind, error.Status).ShouldBe((ComfyUiFailure.UnexpectedStatus, 500));
    }

    private static (string Id, double Number, string? ClientId) Head(QueuedPrompt prompt) => (prompt.PromptId, prompt.Number, prompt.ClientId);

    private static string Line(SeenRequest request) => $"{request.Method} {request.Target} {Encoding.UTF8.GetString(request.Body)}";

    private static async Task<QueueSnapshot> Get(string recording)
    {
        await using var server = await ReplayServer.Answering(recording);
        return await server.Client().GetQueue(Limit.Token());
    }
}
