using System.Text.Json;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.IntegrationTests.Workflows;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Json;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Backends;

/// <summary>Which backend gets which job, in pools whose servers are not alike.</summary>
public sealed class PlacementTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_goes_to_the_backend_that_has_its_model()
    {
        await using var second = await SimulatorServer.Start(With("a.safetensors", "only-here.safetensors"), Ct);
        await using var gateway = await Pool(With("a.safetensors"), second);

        var jobs = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => gateway.Submit(Job(n % 2 == 0 ? "only-here.safetensors" : "a.safetensors", n), gateway.Admin)));

        foreach (var (n, jobId) in jobs.Index())
        {
            var job = await gateway.End(jobId);
            job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
            job.GetProperty("attempts").GetInt32().ShouldBe(1);
            if (n % 2 == 0)
            {
                job.GetProperty("backend").GetString().ShouldBe("second");
            }
        }
    }

    [Fact]
    public async Task A_job_that_no_backend_can_run_fails_with_what_is_missing_where()
    {
        await using var second = await SimulatorServer.Start(With("a.safetensors"), Ct);
        await using var gateway = await Pool(With("b.safetensors"), second);

        var job = await gateway.End(await gateway.Submit(Job("nowhere.safetensors", 0), gateway.Admin));

        var error = job.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("COMFYUI_NODE_ERROR");
        error.GetProperty("nodeType").GetString().ShouldBe("CheckpointLoaderSimple");
        var message = error.GetProperty("message").GetString()!;
        message.ShouldContain("first: 1.inputs.ckpt_name is \"nowhere.safetensors\"");
        message.ShouldContain("second: 1.inputs.ckpt_name");
        gateway.Simulator.Statistics.Snapshot().FinishedPrompts.ShouldBe(0);
    }

    [Fact]
    public async Task Jobs_that_cannot_run_make_those_behind_them_wait_no_second_each()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.WorksWithAll();
        var running = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 300, seconds: 3) }, gateway.Admin);
        for (var n = 0; n < 150; n++)
        {
            await gateway.Submit(Job("nowhere.safetensors", n), gateway.Admin);
        }

        var able = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);

        // A lane looks by itself once a second.
        await Eventually.Holds(async () => (await gateway.Get($"/jobs/{able}")).GetProperty("status").GetString() == "succeeded", TimeSpan.FromSeconds(40));
        (await gateway.End(running)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task While_a_backend_is_away_that_may_have_the_model_the_job_waits_for_it()
    {
        await using var second = await SimulatorServer.Start(With("only-here.safetensors"), Ct);
        await using var gateway = await Pool(With("a.safetensors"), second);
        await second.Faults.RefuseConnections(TimeSpan.FromSeconds(3));

        var job = await gateway.End(await gateway.Submit(Job("only-here.safetensors", 0), gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("backend").GetString().ShouldBe("second");
    }

    [Fact]
    public async Task A_server_whose_worker_died_is_given_up_and_its_jobs_run_elsewhere()
    {
        await using var second = await SimulatorServer.Start(With("a.safetensors"), Ct);
        await using var gateway = await Pool(With("a.safetensors"), second);
        await gateway.Simulator.Faults.KillWorker();
        (await gateway.Admin.Call("POST", "/admin/backends/second/drain")).Status.ShouldBe(200);

        var jobs = new List<Guid> { await gateway.Submit(Job("a.safetensors", 0), gateway.Admin) };
        await gateway.Until(jobs[0], j => j.GetProperty("attempts").GetInt32() == 1);
        jobs.AddRange(await Task.WhenAll(Enumerable.Range(1, 3).Select(n => gateway.Submit(Job("a.safetensors", n), gateway.Admin))));
        (await gateway.Admin.Call("POST", "/admin/backends/second/resume")).Status.ShouldBe(200);

        foreach (var jobId in jobs)
        {
            var job = await gateway.End(jobId);
            job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
            job.GetProperty("backend").GetString().ShouldBe("second");
        }

        var backend = await gateway.Get("/admin/backends/first");
        backend.GetProperty("state").GetString().ShouldBe("unhealthy");
        backend.GetProperty("lastError").GetString()!.ShouldContain("worker");
    }

    [Fact]
    public async Task A_backend_that_can_run_none_of_the_jobs_keeps_no_other_from_having_the_next_one_ready()
    {
        await using var second = await SimulatorServer.Start(With("b.safetensors"), Ct);
        await using var gateway = await Pool(With("a.safetensors") with { StepTime = TimeSpan.FromMilliseconds(200) }, second);
        using var comfy = gateway.ComfyUi();
        var jobs = new List<Guid>();
        var remaining = new List<int>();

        // Jobs come all the while, faster than they run.
        while (jobs.Count < 60)
        {
            jobs.Add(await gateway.Submit(Job("a.safetensors", jobs.Count), gateway.Admin));
            remaining.Add((await comfy.Json("/prompt")).GetProperty("exec_info").GetProperty("queue_remaining").GetInt32());
        }

        remaining.Skip(20).Count(r => r == 2).ShouldBeGreaterThan(30, string.Join(' ', remaining));
        (await gateway.End(jobs[0])).GetProperty("backend").GetString().ShouldBe("first");
    }

    [Fact]
    public async Task A_backend_claims_no_job_again_that_it_could_not_run_as_long_as_it_has_nothing_new()
    {
        await using var second = await SimulatorServer.Start(With("a.safetensors", "b.safetensors"), Ct);
        await using var gateway = await Pool(With("a.safetensors"), second);
        var jobs = new List<Guid>();
        for (var n = 0; n < 6; n++)
        {
            jobs.Add(await gateway.Submit(new { workflow = Long("b.safetensors") }, gateway.Admin));
        }

        // Before something is held against the first, it is asked what it has, unless it was a moment ago.
        var first = gateway.Part<BackendPool>().Find("first")!;
        await Eventually.Holds(() => Task.FromResult(TimeProvider.System.GetUtcNow() - first.State.Inventory.ReadAt > TimeSpan.FromSeconds(6)));
        for (var n = 0; n < 2; n++)
        {
            var more = await gateway.Submit(new { workflow = Long("b.safetensors") }, gateway.Admin);
            await Eventually.Holds(async () => await gateway.Events(more) is ["job_queued", "job_submitted", "job_recalled"]);
        }

        var histories = await Task.WhenAll(jobs.Select(job => gateway.Get($"/jobs/{job}/history")));
        histories.ShouldAllBe(h => ClaimsBy("first", h) <= 1, string.Join('\n', histories));
    }

    private static int ClaimsBy(string backend, JsonElement history) => history.GetProperty("events").EnumerateArray()
        .Count(e => e.GetProperty("type").GetString() == "job_submitted" && e.GetProperty("data").GetProperty("backend").GetString() == backend);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_job_that_the_backend_refuses_for_what_it_lacks_goes_to_another_also_where_it_took_a_part(bool partly)
    {
        await using var second = await SimulatorServer.Start(With("a.safetensors", "b.safetensors"), Ct);
        await using var gateway = await Pool(With("a.safetensors"), second);
        (await gateway.Admin.Call("POST", "/admin/backends/second/drain")).Status.ShouldBe(200);
        var graph = Graph("b.safetensors", 0);
        foreach (var (node, valid) in partly ? Graphs.Sleep(steps: 150, seconds: 15) : [])
        {
            graph["valid" + node] = Renamed(valid);
        }

        var job = new JobQueued(
            Guid.CreateVersion7(), null, 0, JsonText.From(JsonSerializer.SerializeToElement(graph)), "owner", new Dictionary<string, JsonElement>(),
            null, 0, 60_000, true, null, "correlation", TimeProvider.System.GetUtcNow());

        // It was the first's by its acceptance, and then the gateway was gone for a moment: so nobody looked whether the first can run it.
        using (var handOff = await gateway.HandOff(job, submission => submission.Backend == "first"))
        {
            await gateway.Commit(await gateway.Acceptance(job, handOff));
        }

        (await gateway.Admin.Call("POST", "/admin/backends/second/resume")).Status.ShouldBe(200);

        var ended = await gateway.End(job.JobId);
        ended.GetProperty("status").GetString().ShouldBe("succeeded", ended.GetRawText());
        ended.GetProperty("backend").GetString().ShouldBe("second");
        ended.GetProperty("attempts").GetInt32().ShouldBe(1);
        ended.GetProperty("outputs").GetArrayLength().ShouldBe(partly ? 2 : 1);
        using var comfy = gateway.ComfyUi();
        (await comfy.Json("/history")).EnumerateObject().ShouldAllBe(p => p.Value.GetProperty("status").GetProperty("status_str").GetString() == "error");
    }

    [Fact]
    public async Task A_slot_that_falls_idle_gets_what_waits_behind_another_though_it_leaves_a_job_that_it_cannot_run()
    {
        await using var second = await SimulatorServer.Start(With("a.safetensors"), Ct);
        var simulator = await SimulatorServer.Start(With("a.safetensors"), Ct);
        var pool = $"first={simulator.BaseUrl},second={second.BaseUrl},away=http://127.0.0.1:{SteadyPort.Take()}";
        await using var gateway = await TestGateway.Start(postgres, simulator, new Dictionary<string, string> { ["COMFYUI_URL"] = pool });
        await Eventually.Holds(async () => (await gateway.Get("/admin/backends")).GetProperty("backends").EnumerateArray().Count(b => b.GetProperty("state").GetString() == "healthy") == 2);
        var left = await gateway.Submit(new { workflow = Long("elsewhere.safetensors") }, gateway.Admin);
        await Eventually.Holds(async () => (await gateway.Events(left)).Contains("job_recalled"));

        for (var n = 0; n < 3; n++)
        {
            Guid[] running = [await SubmitLong(gateway), await SubmitLong(gateway)];
            await Task.WhenAll(running.Select(gateway.UntilRunning));
            var behind = await SubmitLong(gateway);
            var busy = (await gateway.Until(behind, j => j.GetProperty("attempts").GetInt32() == 1)).GetProperty("backend").GetString();
            var onOther = (await gateway.Get($"/jobs/{running[0]}")).GetProperty("backend").GetString() == busy ? running[1] : running[0];

            await Cancel(gateway, onOther);

            (await gateway.UntilRunning(behind)).GetProperty("backend").GetString().ShouldNotBe(busy);
            (await gateway.Events(behind)).ShouldBe(["job_queued", "job_submitted", "job_recalled", "job_submitted", "job_started"]);
            await Cancel(gateway, behind);
            await Cancel(gateway, running.Single(j => j != onOther));
        }
    }

    [Fact]
    public async Task Jobs_with_the_loaded_model_go_first_so_models_are_not_swapped_for_each_job()
    {
        var simulator = await SimulatorServer.Start(With("a.safetensors", "b.safetensors") with { CheckpointLoadTime = TimeSpan.FromMilliseconds(300) }, Ct);
        await using var gateway = await TestGateway.Start(postgres, simulator);
        var blocker = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);
        await gateway.Until(blocker, j => j.GetProperty("timing").GetProperty("startedAt").ValueKind != JsonValueKind.Null);
        var jobs = new List<Guid>();
        for (var n = 0; n < 20; n++)
        {
            jobs.Add(await gateway.Submit(Job(n % 2 == 0 ? "a.safetensors" : "b.safetensors", n), gateway.Admin));
        }

        (await gateway.Admin.PostAsync($"/jobs/{blocker}/cancel", null, Ct)).Dispose();
        var ended = await Task.WhenAll(jobs.Select(gateway.End));

        ended.ShouldAllBe(j => j.GetProperty("status").GetString() == "succeeded");
        var models = ended.Index()
            .OrderBy(j => j.Item.GetProperty("timing").GetProperty("startedAt").GetDateTimeOffset())
            .Select(j => j.Index % 2).ToArray();
        models.Zip(models.Skip(1)).Count(pair => pair.First != pair.Second).ShouldBeLessThanOrEqualTo(4, string.Join(' ', models));
    }

    private static Task<Guid> SubmitLong(TestGateway gateway) => gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);

    private static async Task Cancel(TestGateway gateway, Guid jobId)
    {
        (await gateway.Admin.Call("POST", $"/jobs/{jobId}/cancel")).Status.ShouldBe(202);
        await gateway.End(jobId);
    }

    /// <summary>A graph that sleeps, and asks for a model that it does not use.</summary>
    private static Dictionary<string, object> Long(string model) => new(Graphs.Sleep(steps: 600, seconds: 60))
    {
        ["9"] = new { class_type = "CheckpointLoaderSimple", inputs = new { ckpt_name = model } },
    };

    /// <summary>The node, with links to nodes whose names begin with "valid".</summary>
    private static JsonElement Renamed(object node) =>
        JsonElement.Parse(JsonSerializer.Serialize(node).Replace("[\"", "[\"valid", StringComparison.Ordinal));

    private static SimulatorOptions With(params string[] checkpoints) => new()
    {
        Port = 0,
        StepTime = TimeSpan.FromMilliseconds(2),
        Models = new Dictionary<string, IReadOnlyList<string>> { ["checkpoints"] = checkpoints },
    };

    /// <summary>A gateway that knows what both of its backends have.</summary>
    private async Task<TestGateway> Pool(SimulatorOptions first, SimulatorServer second)
    {
        var simulator = await SimulatorServer.Start(first, Ct);
        var gateway = await TestGateway.Start(
            postgres, simulator, new Dictionary<string, string> { ["COMFYUI_URL"] = $"first={simulator.BaseUrl},second={second.BaseUrl}" });
        await gateway.WorksWithAll(b => b.GetProperty("checkpoints").GetArrayLength() > 0);
        return gateway;
    }

    private static object Job(string model, int seed) => new { workflow = Graph(model, seed) };

    private static Dictionary<string, object> Graph(string model, int seed) => new()
    {
        ["1"] = new { class_type = "CheckpointLoaderSimple", inputs = new { ckpt_name = model } },
        ["2"] = new { class_type = "CLIPTextEncode", inputs = new { text = "x", clip = new object[] { "1", 1 } } },
        ["3"] = new { class_type = "EmptyLatentImage", inputs = new { width = 64, height = 64, batch_size = 1 } },
        ["4"] = new
        {
            class_type = "KSampler",
            inputs = new
            {
                seed,
                steps = 2,
                cfg = 7,
                sampler_name = "euler",
                scheduler = "normal",
                denoise = 1,
                model = new object[] { "1", 0 },
                positive = new object[] { "2", 0 },
                negative = new object[] { "2", 0 },
                latent_image = new object[] { "3", 0 },
            },
        },
        ["5"] = new { class_type = "VAEDecode", inputs = new { samples = new object[] { "4", 0 }, vae = new object[] { "1", 2 } } },
        ["6"] = new { class_type = "SaveImage", inputs = new { images = new object[] { "5", 0 }, filename_prefix = "p" } },
    };
}
