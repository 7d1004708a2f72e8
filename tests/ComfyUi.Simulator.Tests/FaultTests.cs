using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Tests.Conformance;

namespace ComfyUi.Simulator.Tests;

/// <summary>Faults of prompts, the worker and files.</summary>
public sealed class FaultTests
{
    [Fact]
    public async Task Lost_queue_and_history_leave_the_sockets_open()
    {
        await using var comfy = await Simulated.Start();
        await using var socket = await WireSocket.Open(comfy.Server.BaseUrl, "/ws?clientId=a");
        await comfy.Post("/prompt", $$"""{"prompt_id": "running", "client_id": "a", "prompt": {{Prompts.Sleep(seconds: 60)}} }""");
        await socket.Until("executing");

        await comfy.Post("/__sim/faults", """{"loseQueueAndHistory": true}""");

        (await comfy.Get("/queue")).Body.ShouldBe("""{"queue_running": [], "queue_pending": []}""");
        await comfy.Run(Prompts.Simple());
        socket.IsOver.ShouldBeFalse();
    }

    [Theory]
    [InlineData("""{"outOfMemoryPrompts": 1}""", "torch.cuda.OutOfMemoryError")]
    [InlineData("""{"nodeErrorPrompts": 1}""", "RuntimeError")]
    public async Task The_next_prompt_fails_in_its_sampler_and_the_one_after_runs(string fault, string type)
    {
        await using var comfy = await Simulated.Start();
        await comfy.Post("/__sim/faults", fault);

        var error = LastMessage(await comfy.Run(Prompts.TextToImage()));

        error[0].ShouldBe("execution_error");
        ((PyDict)error[1]!)["exception_type"].ShouldBe(type);
        ((PyDict)error[1]!)["node_type"].ShouldBe("KSampler");
        LastMessage(await comfy.Run(Prompts.TextToImage()))[0].ShouldBe("execution_success");
    }

    [Fact]
    public async Task The_history_of_the_next_prompt_lists_what_was_ordered_and_of_the_one_after_what_it_made()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Post("/__sim/faults", """{"historyOutputs": {"9": {"images": [null]}}}""");

        var ordered = await comfy.Run(Prompts.Simple());
        var own = await comfy.Run(Prompts.Simple());

        PyJson.Write(ordered["outputs"]).ShouldBe("""{"9": {"images": [null]}}""");
        PyJson.Write(own["outputs"]).ShouldContain("_.png");
    }

    [Fact]
    public async Task A_truncated_view_breaks_off_in_the_middle()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Run(Prompts.Simple(prefix: "t"));
        await comfy.Server.Faults.TruncateViews();

        await Should.ThrowAsync<HttpRequestException>(() => comfy.Bytes("/view?filename=t_00001_.png"));
        (await comfy.Bytes("/view?filename=t_00001_.png")).Length.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_slow_view_takes_its_time_and_is_whole()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Run(Prompts.Simple(prefix: "t"));
        var whole = await comfy.Bytes("/view?filename=t_00001_.png");
        await comfy.Server.Faults.SlowView(whole.Length * 2);

        var watch = System.Diagnostics.Stopwatch.StartNew();
        (await comfy.Bytes("/view?filename=t_00001_.png")).ShouldBe(whole);
        watch.Elapsed.ShouldBeGreaterThan(TimeSpan.FromSeconds(0.3));
    }

    [Fact]
    public async Task A_dead_worker_leaves_the_prompt_running_for_ever_and_http_healthy()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Post("/prompt", $$"""{"prompt_id": "p", "prompt": {{Prompts.Sleep(seconds: 60)}} }""");
        await Eventually.Is(async () => (await comfy.Get("/queue")).Body.Contains("\"queue_running\": [[", StringComparison.Ordinal));

        await comfy.Server.Faults.KillWorker();

        (await comfy.Post("/prompt", $$"""{"prompt": {{Prompts.Simple()}} }""")).Status.ShouldBe(200);
        (await comfy.Post("/interrupt", "")).Status.ShouldBe(200);
        (await comfy.Get("/prompt")).Body.ShouldContain("\"queue_remaining\": 2");
        await comfy.Post("/__sim/reset", "");
        await comfy.Run(Prompts.Simple());
    }

    [Fact]
    public async Task A_500_can_mean_that_the_prompt_was_queued()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Server.Faults.FailPromptAnswers();

        var (status, body) = await comfy.Post("/prompt", $$"""{"prompt_id": "p", "prompt": {{Prompts.Simple()}} }""");

        status.ShouldBe(500);
        body.ShouldBe("500 Internal Server Error\n\nServer got itself in trouble");
        await comfy.Ended("p");
    }

    [Fact]
    public async Task Deleted_outputs_are_named_by_a_cached_run_and_not_found()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Run(Prompts.Simple(prefix: "d"));
        await comfy.Server.Faults.DeleteOutputs();

        PyJson.Write((await comfy.Run(Prompts.Simple(prefix: "d")))["outputs"]).ShouldContain("d_00001_.png");
        (await comfy.Get("/view?filename=d_00001_.png")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_lost_interrupt_is_answered_and_does_nothing()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Server.Faults.LoseInterrupts();
        await comfy.Post("/prompt", $$"""{"prompt_id": "p", "prompt": {{Prompts.Sleep(seconds: 0.5)}} }""");
        await Eventually.Is(() => Task.FromResult(comfy.Server.Statistics.Prompt("p")?.StartedAt is not null));

        (await comfy.Post("/interrupt", "{}")).Status.ShouldBe(200);

        LastMessage(await comfy.Ended("p"))[0].ShouldBe("execution_success");
    }

    [Fact]
    public async Task Unknown_faults_are_refused()
    {
        await using var comfy = await Simulated.Start();

        (await comfy.Post("/__sim/faults", """{"flood": true}""")).Status.ShouldBe(400);
    }

    internal static PyList LastMessage(PyDict history) => (PyList)((PyList)history.Dict("status")["messages"]!)[^1]!;
}
