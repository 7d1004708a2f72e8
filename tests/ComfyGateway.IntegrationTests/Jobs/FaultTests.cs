using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>What a real ComfyUI does on a bad day.</summary>
public sealed class FaultTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_mute_socket_hides_nothing_since_history_is_asked()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.WorksWithAll();
        await gateway.Simulator.Faults.MuteSockets();

        var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
    }

    [Fact]
    public async Task A_socket_that_drops_in_the_middle_of_a_run_loses_nothing()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 20, seconds: 4) }, gateway.Admin);
        await gateway.UntilRunning(jobId);

        await gateway.Simulator.Faults.DropSockets();

        (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
        OnceEach(gateway);
    }

    [Fact]
    public async Task A_500_that_queued_the_prompt_all_the_same_does_not_run_it_twice()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.Simulator.Faults.FailPromptAnswers();

        var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        OnceEach(gateway);
    }

    [Fact]
    public async Task A_download_that_breaks_off_is_fetched_again_and_nothing_half_is_served()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.Simulator.Faults.TruncateViews(2);

        var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        var output = job.GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem();
        var served = await gateway.Admin.GetByteArrayAsync(output.GetProperty("url").GetString(), TestContext.Current.CancellationToken);
        served.Length.ShouldBe(output.GetProperty("size").GetInt32());
        Directory.GetFiles(Path.Combine(gateway.StoragePath, ".unfinished")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_crash_of_comfyui_in_the_middle_of_a_run_queues_the_job_again()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 40, seconds: 4) }, gateway.Admin);
        await gateway.UntilRunning(jobId);

        await gateway.Simulator.Faults.Crash(TimeSpan.FromSeconds(1));

        var job = await gateway.End(jobId);
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("attempts").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task A_cached_prompt_whose_file_was_deleted_is_made_again()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var body = new { workflow = Graphs.Sleep() };
        await gateway.End(await gateway.Submit(body, gateway.Admin));
        await gateway.Simulator.Faults.DeleteOutputs();

        var job = await gateway.End(await gateway.Submit(body, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("attempts").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Lost_interrupts_are_sent_again()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.Simulator.Faults.LoseInterrupts(3);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);
        await gateway.UntilRunning(jobId);

        (await gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, TestContext.Current.CancellationToken)).Dispose();

        (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("canceled");
    }

    [Fact]
    public async Task A_socket_that_comfyui_has_forgotten_is_replaced()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var first = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 20, seconds: 2) }, gateway.Admin);
        await gateway.UntilRunning(first);
        // Another with the same client id takes its place in ComfyUI's table, and takes it along when it closes.
        using (var other = new ClientWebSocket())
        {
            await other.ConnectAsync(new Uri($"ws://{gateway.Simulator.BaseUrl.Authority}/ws?clientId={await ClientIdOfRunning(gateway)}"), Ct);
            await other.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        }

        await gateway.End(first);
        await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin));
        await gateway.WorksWithAll();

        var heard = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 100, seconds: 10) }, gateway.Admin);
        await gateway.Until(heard, j => j.GetProperty("progress").GetInt32() is > 0 and < 100);
    }

    [Fact]
    public async Task A_prompt_of_which_nothing_is_told_since_frames_are_held_up_runs_on()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.WorksWithAll();
        using var comfy = gateway.ComfyUi();
        (await comfy.PostAsJsonAsync("/prompt", new { prompt = Graphs.Sleep(steps: 40, seconds: 4), client_id = "somebody" }, Ct)).Dispose();
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 250, seconds: 25) }, gateway.Admin);
        await Eventually.Holds(async () => (await comfy.Json("/queue")).GetProperty("queue_pending").GetArrayLength() == 1);

        // As where somebody's page no longer reads: what is told to all waits for it.
        await gateway.Simulator.Faults.MuteSockets();

        var job = await gateway.End(jobId);
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("attempts").GetInt32().ShouldBe(1);
        OnceEach(gateway);
    }

    [Fact]
    public async Task A_prompt_that_was_lost_before_its_limit_is_not_taken_to_have_run_too_long()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 20, seconds: 2), timeoutMs = 5000 }, gateway.Admin);
        await gateway.UntilRunning(jobId);

        await gateway.Simulator.Faults.Crash(TimeSpan.FromSeconds(8));

        var job = await gateway.End(jobId);
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("attempts").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task What_comfyui_took_of_a_partly_valid_prompt_is_stopped_though_an_interrupt_is_lost()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.Simulator.Faults.LoseInterrupts(2);
        var graph = Graphs.Sleep(steps: 600, seconds: 60);
        graph["9"] = new { class_type = "SaveImage", inputs = new { filename_prefix = "no images" } };

        var job = await gateway.End(await gateway.Submit(new { workflow = graph }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("failed", job.GetRawText());
        job.GetProperty("error").GetProperty("nodeId").GetString().ShouldBe("9");
        using var comfy = gateway.ComfyUi();
        await Eventually.Holds(
            async () => (await comfy.Json("/queue")).GetProperty("queue_running").GetArrayLength() == 0, TimeSpan.FromSeconds(10));
    }

    [Theory]
    [InlineData(600, 60)]
    [InlineData(1, 0.01)]
    public async Task A_partly_valid_prompt_is_refused_also_where_the_answer_to_it_is_lost(int steps, double seconds)
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.Simulator.Faults.FailPromptAnswers();
        var graph = Graphs.Sleep(steps, seconds);
        graph["9"] = new { class_type = "SaveImage", inputs = new { filename_prefix = "no images" } };

        var job = await gateway.End(await gateway.Submit(new { workflow = graph }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("failed", job.GetRawText());
        var error = job.GetProperty("error");
        (error.GetProperty("code").GetString(), error.GetProperty("nodeId").GetString(), error.GetProperty("nodeType").GetString())
            .ShouldBe(("COMFYUI_NODE_ERROR", "9", "SaveImage"));
        using var comfy = gateway.ComfyUi();
        await Eventually.Holds(async () => (await comfy.Json("/queue")).GetProperty("queue_running").GetArrayLength() == 0);
    }

    [Fact]
    public async Task A_partly_valid_prompt_whose_answer_is_lost_does_not_run_where_it_waits_behind_another()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.WorksWithAll();
        using var comfy = gateway.ComfyUi();
        (await comfy.PostAsJsonAsync("/prompt", new { prompt = Graphs.Sleep(steps: 300, seconds: 30), client_id = "somebody" }, Ct)).Dispose();
        await gateway.Simulator.Faults.FailPromptAnswers();
        var graph = Graphs.Sleep();
        graph["9"] = new { class_type = "SaveImage", inputs = new { filename_prefix = "no images" } };

        var job = await gateway.End(await gateway.Submit(new { workflow = graph }, gateway.Admin));

        job.GetProperty("error").GetProperty("nodeId").GetString().ShouldBe("9", job.GetRawText());
        (await comfy.Json("/queue")).GetProperty("queue_pending").GetArrayLength().ShouldBe(0);
        gateway.Simulator.Statistics.Snapshot().FinishedPrompts.ShouldBe(0);
    }

    [Fact]
    public async Task Jobs_wait_while_no_comfyui_is_there_and_run_when_it_comes()
    {
        var port = FreePort.Take();
        await using var gateway = await TestGateway.Start(
            postgres, new Dictionary<string, string> { ["COMFYUI_URL"] = $"http://127.0.0.1:{port}" });
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        var health = await gateway.Get("/health");
        health.GetProperty("ok").GetBoolean().ShouldBeFalse();
        health.GetProperty("comfyui").GetProperty("reachable").GetBoolean().ShouldBeFalse();
        health.GetProperty("backends")[0].GetProperty("lastError").GetString().ShouldNotBeNullOrEmpty();
        (await gateway.Get($"/jobs/{jobId}")).GetProperty("status").GetString().ShouldBe("queued");

        await using var late = await SimulatorServer.Start(new SimulatorOptions { Port = port }, TestContext.Current.CancellationToken);

        var job = await gateway.End(jobId);
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("attempts").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task The_gpu_does_not_wait_for_answers_about_prompts_that_it_is_through_with()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.Simulator.Faults.SlowHistory(TimeSpan.FromSeconds(8));

        var jobs = new List<Guid>();
        for (var n = 0; n < 4; n++)
        {
            jobs.Add(await gateway.Submit(new { workflow = Graphs.Sleep(steps: 1, seconds: 0.1) }, gateway.Admin));
        }

        await Eventually.Holds(() => Task.FromResult(gateway.Simulator.Statistics.Snapshot().FinishedPrompts == jobs.Count));
        (await gateway.Get($"/jobs/{jobs[0]}")).GetProperty("status").GetString().ShouldBe("running");

        gateway.Simulator.Faults.Reset();
        foreach (var jobId in jobs)
        {
            (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
        }

        OnceEach(gateway);
    }

    private static async Task<string?> ClientIdOfRunning(TestGateway gateway)
    {
        using var comfy = gateway.ComfyUi();
        return (await comfy.Json("/queue")).GetProperty("queue_running")[0][3].GetProperty("client_id").GetString();
    }

    private static void OnceEach(TestGateway gateway) => gateway.Simulator.Statistics.Snapshot().MaxExecutionsOfOnePrompt.ShouldBe(1);
}
