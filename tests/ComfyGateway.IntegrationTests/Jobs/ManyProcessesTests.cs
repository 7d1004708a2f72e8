using System.Text.Json;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.IntegrationTests.Workflows;
using ComfyGateway.Platform.Settings;
using ComfyUi.Simulator;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>Several gateways over one database, each doing its part.</summary>
public sealed class ManyProcessesTests(PostgresFixture postgres) : IAsyncLifetime
{
    private SimulatorServer _first = null!;
    private SimulatorServer _second = null!;
    private Dictionary<string, string> _settings = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _first = await SimulatorServer.Start(new SimulatorOptions { Port = 0, StepTime = TimeSpan.FromMilliseconds(2) }, Ct);
        _second = await SimulatorServer.Start(new SimulatorOptions { Port = 0, StepTime = TimeSpan.FromMilliseconds(2) }, Ct);
        _settings = new() { ["DATABASE_URL"] = await postgres.CreateDatabase(), ["COMFYUI_URL"] = $"{_first.BaseUrl}" };
    }

    public async ValueTask DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
    }

    [Fact]
    public async Task What_one_accepts_another_runs_and_the_first_tells_of_it_live()
    {
        await using var api = await Start(GatewayRole.Api);
        await using var worker = await Start(GatewayRole.Worker);
        var jobId = await api.Submit(new { workflow = Graphs.Sleep(steps: 60, seconds: 6, preview: true) }, api.Admin);

        await api.Until(jobId, j => j.GetProperty("progress").GetInt32() is > 0 and < 100 && j.GetProperty("currentNode").GetString() == "2");
        await Eventually.Holds(async () =>
        {
            using var preview = await api.Admin.GetAsync($"/jobs/{jobId}/preview", Ct);
            return preview.IsSuccessStatusCode && (await preview.Content.ReadAsByteArrayAsync(Ct)).Length > 100;
        });
        var events = await api.Admin.GetStringAsync($"/jobs/{jobId}/events", Ct);

        events.ShouldContain("event: progress");
        events.ShouldContain("event: preview");
        events.TrimEnd().Split('\n').Last(l => l.StartsWith("event:", StringComparison.Ordinal)).ShouldBe("event: succeeded");
        (await api.Admin.Call("GET", $"/jobs/{jobId}/preview")).Status.ShouldBe(404);
    }

    [Fact]
    public async Task A_node_of_any_name_keeps_nothing_else_from_being_told()
    {
        await using var api = await Start(GatewayRole.Api);
        await using var worker = await Start(GatewayRole.Worker);
        var named = Graphs.Sleep(steps: 20, seconds: 1);
        var name = new string('é', 9000);
        named[name] = named["2"];
        named["3"] = new { class_type = "SaveImage", inputs = new { images = new object[] { name, 0 }, filename_prefix = "named" } };
        (await api.End(await api.Submit(new { workflow = named }, api.Admin))).GetProperty("status").GetString().ShouldBe("succeeded");

        var jobId = await api.Submit(new { workflow = Graphs.Sleep(steps: 60, seconds: 6) }, api.Admin);

        (await api.Until(jobId, j => j.GetProperty("progress").GetInt32() > 0)).GetProperty("status").GetString().ShouldBe("running");
    }

    [Fact]
    public async Task What_a_worker_had_loaded_is_known_to_those_that_run_nothing_also_when_they_come_later()
    {
        await using var api = await Start(GatewayRole.Api);
        await using var worker = await Start(GatewayRole.Worker);

        (await api.End(await api.Submit(new { workflowId = "icon_512", inputs = new { prompt = "a key" } }, api.Admin))).GetProperty("status").GetString().ShouldBe("succeeded");

        var loaded = Loaded(await worker.Get("/health"));
        loaded.ShouldHaveSingleItem();
        await Eventually.Holds(async () => Loaded(await api.Get("/health")).SequenceEqual(loaded));
        await using var later = await Start(GatewayRole.Api);
        await Eventually.Holds(async () => Loaded(await later.Get("/health")).SequenceEqual(loaded));

        static string[] Loaded(JsonElement health) =>
            [.. health.GetProperty("backends")[0].GetProperty("loadedModels").EnumerateArray().Select(m => m.GetString()!)];
    }

    [Fact]
    public async Task A_process_without_workers_only_keeps_jobs()
    {
        await using var api = await Start(GatewayRole.Api);
        var jobId = await api.Submit(new { workflow = Graphs.Sleep() }, api.Admin);
        (await api.Get($"/jobs/{jobId}")).GetProperty("position").GetInt32().ShouldBe(1);

        await using var worker = await Start(GatewayRole.Worker);

        (await api.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_worker_answers_probes_and_nothing_else()
    {
        await using var worker = await Start(GatewayRole.Worker);

        (await worker.Get("/health")).GetProperty("database").GetProperty("reachable").GetBoolean().ShouldBeTrue();
        (await worker.Get("/health/ready")).GetProperty("ok").GetBoolean().ShouldBeTrue();
        (await worker.Admin.Call("POST", "/jobs", """{"workflowId": "icon_512"}""")).Code.ShouldBe("NOT_FOUND");
        (await worker.Admin.Call("GET", "/workflows")).Code.ShouldBe("NOT_FOUND");
    }

    [Fact]
    public async Task A_job_that_waits_behind_another_is_given_to_a_slot_that_falls_idle_in_another_process()
    {
        _settings["COMFYUI_URL"] = $"a={_first.BaseUrl},b={_second.BaseUrl}";
        await using var one = await Start(GatewayRole.All);
        await using var other = await Start(GatewayRole.Worker);
        var jobs = new List<Guid>();
        foreach (var seconds in (double[])[1, 6, 6])
        {
            jobs.Add(await one.Submit(new { workflow = Graphs.Sleep(steps: 20, seconds: seconds) }, one.Admin));
        }

        var ended = await Task.WhenAll(jobs.Select(one.End));

        ended.ShouldAllBe(j => j.GetProperty("status").GetString() == "succeeded" && j.GetProperty("attempts").GetInt32() == 1);
        ended[2].GetProperty("backend").GetString().ShouldBe(
            ended[0].GetProperty("backend").GetString(), string.Join('\n', ended) + (await one.Get($"/jobs/{jobs[2]}/history")).GetRawText());
        (_first.Statistics.Snapshot().FinishedPrompts + _second.Statistics.Snapshot().FinishedPrompts).ShouldBe(3);
    }

    [Fact]
    public async Task What_an_administrator_does_to_a_backend_holds_in_every_process()
    {
        await using var one = await Start(GatewayRole.All);
        await using var other = await Start(GatewayRole.All);

        (await one.Admin.Call("POST", "/admin/backends/gpu0/drain")).Status.ShouldBe(200);
        (await one.Admin.Call("POST", "/admin/backends", $$"""{"id": "b", "url": "{{_second.BaseUrl}}"}""")).Status.ShouldBe(201);

        await Eventually.Holds(async () => State(await other.Get("/admin/backends")) is ["gpu0 drained", "b healthy"]);
        var job = await other.End(await other.Submit(new { workflow = Graphs.Sleep() }, other.Admin));
        job.GetProperty("backend").GetString().ShouldBe("b");
    }

    [Fact]
    public async Task A_backend_is_drained_only_when_what_another_process_runs_there_has_ended()
    {
        await using var api = await Start(GatewayRole.Api);
        await using var worker = await Start(GatewayRole.Worker);
        var jobId = await api.Submit(new { workflow = Graphs.Sleep(steps: 40, seconds: 4) }, api.Admin);
        await api.UntilRunning(jobId);
        await Eventually.Holds(async () => (await api.Get("/health")).GetProperty("backends")[0].GetProperty("busy").GetInt32() == 1);

        (await api.Admin.Call("POST", "/admin/backends/gpu0/drain")).Body.GetProperty("state").GetString().ShouldBe("draining");

        await Eventually.Holds(async () => State(await api.Get("/admin/backends")) is ["gpu0 drained"]);
        (await api.Get($"/jobs/{jobId}")).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task What_runs_on_a_removed_backend_is_left_to_its_runner_by_a_process_that_starts()
    {
        await using var api = await Start(GatewayRole.Api);
        await using var worker = await Start(GatewayRole.Worker);
        var jobId = await RunOnSecond(api, worker, seconds: 6);
        await RemoveSecond(api);

        await using var other = await Start(GatewayRole.Worker);

        var job = await api.End(jobId);
        (job.GetProperty("backend").GetString(), job.GetProperty("attempts").GetInt32()).ShouldBe(("b", 1));
    }

    [Fact]
    public async Task What_ran_on_a_removed_backend_is_queued_again_where_its_runner_is_gone()
    {
        await using var api = await Start(GatewayRole.Api);
        var worker = await Start(GatewayRole.Worker);
        var jobId = await RunOnSecond(api, worker, seconds: 20);
        await using var other = await Start(GatewayRole.Worker);
        await RemoveSecond(api);

        await worker.DisposeAsync();

        var job = await api.End(jobId);
        (job.GetProperty("backend").GetString(), job.GetProperty("attempts").GetInt32()).ShouldBe(("gpu0", 2));
    }

    [Fact]
    public async Task What_ran_in_a_slot_that_is_no_more_is_followed_on_where_its_runner_is_gone()
    {
        _settings["MAX_CONCURRENCY"] = "2";
        await using var api = await Start(GatewayRole.Api);
        var worker = await Start(GatewayRole.Worker);
        var jobs = new List<Guid>();
        for (var n = 0; n < 2; n++)
        {
            jobs.Add(await api.Submit(new { workflow = Graphs.Sleep(steps: 80, seconds: 8) }, api.Admin));
        }

        await Eventually.Holds(async () => await SlotsInUse(api) is ["gpu0/0", "gpu0/1"]);
        await using var other = await Start(GatewayRole.Worker);
        (await api.Admin.Call("DELETE", "/admin/backends/gpu0")).Status.ShouldBe(204);
        (await api.Admin.Call("POST", "/admin/backends", $$"""{"id": "gpu0", "url": "{{_first.BaseUrl}}", "slots": 1}""")).Status.ShouldBe(201);
        await Eventually.Holds(() => Task.FromResult(other.Part<BackendPool>().Find("gpu0")?.Slots == 1));

        await worker.DisposeAsync();

        var ended = await Task.WhenAll(jobs.Select(api.End));
        ended.ShouldAllBe(j => j.GetProperty("status").GetString() == "succeeded" && j.GetProperty("attempts").GetInt32() == 1);
        _first.Statistics.Snapshot().Prompts.Select(p => p.Executions).ShouldBe([1, 1]);
    }

    private static async Task<string[]> SlotsInUse(TestGateway gateway)
    {
        await using var command = gateway.Part<NpgsqlDataSource>().CreateCommand("select distinct slot from gateway.queue where slot is not null order by slot");
        await using var reader = await command.ExecuteReaderAsync(Ct);
        var slots = new List<string>();
        while (await reader.ReadAsync(Ct))
        {
            slots.Add(reader.GetString(0));
        }

        return [.. slots];
    }

    private async Task<Guid> RunOnSecond(TestGateway api, TestGateway worker, double seconds)
    {
        (await api.Admin.Call("POST", "/admin/backends", $$"""{"id": "b", "url": "{{_second.BaseUrl}}"}""")).Status.ShouldBe(201);
        (await api.Admin.Call("POST", "/admin/backends/gpu0/drain")).Status.ShouldBe(200);
        // The worker hears of it a moment later.
        var pool = worker.Part<BackendPool>();
        await Eventually.Holds(() => Task.FromResult(pool.Find("b") is not null && pool.Find("gpu0") is not { Mode: BackendMode.Active }));
        var jobId = await api.Submit(new { workflow = Graphs.Sleep(steps: (int)seconds * 10, seconds: seconds) }, api.Admin);
        await api.UntilRunning(jobId);
        return jobId;
    }

    private static async Task RemoveSecond(TestGateway api)
    {
        (await api.Admin.Call("POST", "/admin/backends/gpu0/resume")).Status.ShouldBe(200);
        (await api.Admin.Call("DELETE", "/admin/backends/b")).Status.ShouldBe(204);
    }

    private static string[] State(JsonElement list) =>
        [.. list.GetProperty("backends").EnumerateArray().Select(b => $"{b.GetProperty("id").GetString()} {b.GetProperty("state").GetString()}")];

    // The simulators outlive each gateway, so none of these is the gateway's own.
    private async Task<TestGateway> Start(GatewayRole role) =>
        await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct), _settings, role);
}
