using System.Net.Http.Json;
using System.Text.Json;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.IntegrationTests.Workflows;
using ComfyGateway.Platform.Settings;
using ComfyUi.Simulator;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

/// <summary>What a gateway says about the time that jobs will take, whoever measured it.</summary>
public sealed class EstimateTests(PostgresFixture postgres) : IAsyncLifetime
{
    private SimulatorServer _simulator = null!;
    private Dictionary<string, string> _settings = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        _settings = new() { ["DATABASE_URL"] = await postgres.CreateDatabase(), ["COMFYUI_URL"] = $"{_simulator.BaseUrl}" };
    }

    public async ValueTask DisposeAsync() => await _simulator.DisposeAsync();

    [Fact]
    public async Task A_process_without_workers_estimates_by_workflow_version_from_what_workers_measured()
    {
        await using var api = await Start(GatewayRole.Api);
        await Register(api, "POST", "/workflows", seconds: 0.2);
        await using (var worker = await Start(GatewayRole.Worker))
        {
            var unmeasured = await Post(api);
            unmeasured.GetProperty("etaSeconds").ValueKind.ShouldBe(JsonValueKind.Null);
            await api.End(unmeasured.GetProperty("jobId").GetGuid());
            await Register(api, "PUT", "/workflows/nap", seconds: 3);
            await api.End((await Post(api)).GetProperty("jobId").GetGuid());
            await Eventually.Holds(() => Task.FromResult(api.Part<RunTimes>().Mean("nap/2", "gpu0") is > 3));
        }

        api.Part<RunTimes>().Mean("nap/1", "gpu0")!.Value.ShouldBeInRange(0.2, 1.5);
        var first = await Post(api);
        await Post(api);
        var third = await Post(api);

        first.GetProperty("etaSeconds").GetInt32().ShouldBeInRange(3, 5);
        third.GetProperty("position").GetInt32().ShouldBe(3);
        third.GetProperty("etaSeconds").GetInt32().ShouldBeInRange(9, 15);
        (await api.Get($"/jobs/{third.GetProperty("jobId").GetGuid()}")).GetProperty("etaSeconds").GetInt32().ShouldBeInRange(9, 15);
        (await api.Get("/jobs")).GetProperty("jobs")[0].GetProperty("etaSeconds").GetInt32().ShouldBeInRange(9, 15);
    }

    [Fact]
    public async Task A_restart_forgets_no_measure_and_a_running_job_is_told_by_its_progress()
    {
        await using (var before = await Start(GatewayRole.All))
        {
            await Register(before, "POST", "/workflows", seconds: 4);
            await before.End((await Post(before)).GetProperty("jobId").GetGuid());
        }

        await using var after = await Start(GatewayRole.All);
        await using var api = await Start(GatewayRole.Api);
        var job = await Post(api);

        job.GetProperty("etaSeconds").GetInt32().ShouldBeInRange(4, 7);
        var running = await api.Until(job.GetProperty("jobId").GetGuid(), j => j.GetProperty("progress").GetInt32() >= 50);
        running.GetProperty("etaSeconds").GetInt32().ShouldBeInRange(1, 3);
    }

    [Fact]
    public async Task What_was_measured_is_kept_by_a_stop_that_comes_while_it_is_written()
    {
        await using var database = NpgsqlDataSource.Create(_settings["DATABASE_URL"]);
        await using var other = await database.OpenConnectionAsync(Ct);
        Task released;
        await using (var gateway = await Start(GatewayRole.All))
        {
            await Register(gateway, "POST", "/workflows", seconds: 0.2);
            await new NpgsqlCommand("begin; lock table gateway.measure", other).ExecuteNonQueryAsync(Ct);
            await gateway.End((await Post(gateway)).GetProperty("jobId").GetGuid());
            await Eventually.Holds(async () => await Waiting() is not null);
            released = ReleaseAfter(await Waiting());
        }

        await released;
        await using var count = new NpgsqlCommand("select count(*) from gateway.measure where what = 'run nap/1'", other);
        (await count.ExecuteScalarAsync(Ct)).ShouldBe(1L);

        async Task ReleaseAfter(DateTime? first)
        {
            await Eventually.Holds(async () => await Waiting() is { } second && second != first);
            await new NpgsqlCommand("rollback", other).ExecuteNonQueryAsync(Ct);
        }

        async Task<DateTime?> Waiting()
        {
            await using var query = database.CreateCommand(
                "select max(query_start) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%gateway.measure%'");
            return await query.ExecuteScalarAsync(Ct) as DateTime?;
        }
    }

    private static async Task<JsonElement> Post(TestGateway gateway) => await gateway.Admin
        .PostAsJsonAsync("/jobs", new { workflowId = "nap", inputs = new { color = Random.Shared.Next(1 << 24) } }, Ct).ShouldBe(202);

    private static async Task Register(TestGateway gateway, string method, string path, double seconds)
    {
        var graph = Graphs.Sleep(steps: 20, seconds: seconds);
        graph["1"] = new { class_type = "EmptyImage", inputs = new { width = 32, height = 32, batch_size = 1, color = "{{color}}" } };
        var inputSchema = new { type = "object", fields = new { color = new { type = "integer" } } };
        object body = method == "POST" ? new { id = "nap", name = "Nap", workflowJson = graph, inputSchema } : new { workflowJson = graph };
        var answer = await gateway.Admin.Call(method, path, JsonSerializer.Serialize(body));
        answer.Status.ShouldBeInRange(200, 201, answer.Body.ToString());
    }

    private async Task<TestGateway> Start(GatewayRole role) =>
        await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct), _settings, role);
}
