using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using ComfyGateway.Platform.Postgres;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>The program with its own PostgreSQL, stopped politely and killed.</summary>
public sealed class ProcessTests : IDisposable
{
    // Open to others: as root the gateway runs PostgreSQL as another user, who must get here.
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}"));
    private readonly int _port = FreePort.Take();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sigterm_stops_postgres_too_and_leaves_nothing_running()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        await using var gateway = await GatewayProgram.Start(_folder.FullName, _port, ComfyUi(simulator));
        var postgres = PostgresProcess();

        (await gateway.Terminate()).ShouldBe(0, gateway.Output);

        ProcessTable.IsPostgres(postgres).ShouldBeFalse();
        File.Exists(Path.Combine(_folder.FullName, "data", "postgres", "postmaster.pid")).ShouldBeFalse();
        gateway.Output.ShouldNotContain(TestGateway.AdminKey);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_said_in_one_line_and_postgres_is_stopped_again()
    {
        using var other = new TcpListener(IPAddress.Loopback, port: 0);
        other.Start();
        await using var gateway = GatewayProgram.Launch(_folder.FullName, ((IPEndPoint)other.LocalEndpoint).Port, new Dictionary<string, string> { ["COMFYUI_URL"] = "http://127.0.0.1:1" });

        (await gateway.Exit()).ShouldBe(1);

        gateway.Output.ShouldContain("address already in use. Set PORT to another port.");
        gateway.Output.ShouldNotContain("\"@l\":\"Fatal\"");
        File.Exists(Path.Combine(_folder.FullName, "data", "postgres", "postmaster.pid")).ShouldBeFalse(gateway.Output);
    }

    [Fact]
    public async Task A_job_refused_because_the_queue_is_full_leaves_one_line_in_the_log()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        await using var gateway = await GatewayProgram.Start(_folder.FullName, _port, new Dictionary<string, string>(ComfyUi(simulator)) { ["MAX_QUEUE_DEPTH"] = "1" });

        var refused = default(HttpResponseMessage);
        await Eventually.Holds(async () =>
        {
            refused?.Dispose();
            refused = await gateway.Client.PostAsJsonAsync("/jobs", new { workflow = Graphs.Sleep(seconds: 120) }, Ct);
            return !refused.IsSuccessStatusCode;
        });
        await Task.FromResult(refused!).ShouldFail(503, "QUEUE_FULL");
        var id = refused!.Headers.GetValues("X-Correlation-Id").Single();
        refused.Dispose();

        string[] LinesOf(string correlation) => [.. gateway.Output.Split('\n').Where(line => line.Contains(correlation, StringComparison.Ordinal))];
        await Eventually.Holds(() => Task.FromResult(LinesOf(id).Length > 0));
        var line = JsonElement.Parse(LinesOf(id).ShouldHaveSingleItem());
        line.GetProperty("@l").GetString().ShouldBe("Warning");
        line.GetProperty("StatusCode").GetInt32().ShouldBe(503);
        line.TryGetProperty("@x", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_killed_gateway_starts_again_and_its_jobs_go_on_without_running_twice()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        var first = await GatewayProgram.Start(_folder.FullName, _port, ComfyUi(simulator));
        var jobs = new List<Guid>();
        for (var n = 0; n < 6; n++)
        {
            jobs.Add(await first.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 0.3) }));
        }

        await Eventually.Holds(async () => (await first.Get($"/jobs/{jobs[1]}")).GetProperty("timing").GetProperty("startedAt").ValueKind != JsonValueKind.Null);
        await first.Kill();
        await first.DisposeAsync();

        await using var second = await GatewayProgram.Start(_folder.FullName, _port, ComfyUi(simulator));
        foreach (var jobId in jobs)
        {
            await Eventually.Holds(async () => (await second.Get($"/jobs/{jobId}")).GetProperty("status").GetString() == "succeeded");
            (await second.Get($"/jobs/{jobId}")).GetProperty("attempts").GetInt32().ShouldBe(1);
        }

        var statistics = simulator.Statistics.Snapshot();
        statistics.MaxExecutionsOfOnePrompt.ShouldBe(1);
        statistics.FinishedPrompts.ShouldBe(jobs.Count);
    }

    [Fact]
    public async Task Running_prompts_run_on_over_a_polite_restart()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        var first = await GatewayProgram.Start(_folder.FullName, _port, ComfyUi(simulator));
        var jobId = await first.Submit(new { workflow = Graphs.Sleep(steps: 20, seconds: 5) });
        await Eventually.Holds(async () => (await first.Get($"/jobs/{jobId}")).GetProperty("status").GetString() == "running");
        (await first.Terminate()).ShouldBe(0, first.Output);
        await first.DisposeAsync();

        await using var second = await GatewayProgram.Start(_folder.FullName, _port, ComfyUi(simulator));
        await Eventually.Holds(async () => (await second.Get($"/jobs/{jobId}")).GetProperty("status").GetString() == "succeeded");

        (await second.Get($"/jobs/{jobId}")).GetProperty("attempts").GetInt32().ShouldBe(1);
        simulator.Statistics.Snapshot().FinishedPrompts.ShouldBe(1);
    }

    [Fact]
    public async Task Without_credentials_production_does_not_start_and_says_why()
    {
        await using var gateway = GatewayProgram.Launch(_folder.FullName, _port, new Dictionary<string, string> { ["API_KEYS"] = "" });

        (await gateway.Exit()).ShouldBe(1);

        gateway.Output.ShouldContain("API_KEYS");
        gateway.Output.ShouldContain("JWT_SECRET");
    }

    [Fact]
    public async Task Every_bad_setting_is_told_at_once_with_secrets_masked()
    {
        await using var gateway = GatewayProgram.Launch(
            _folder.FullName, _port, new Dictionary<string, string> { ["MAX_CONCURRENCY"] = "none", ["JWT_SECRET"] = "too-short-a-secret", ["LOG_LEVEL"] = "loud" });

        (await gateway.Exit()).ShouldBe(1);

        gateway.Output.ShouldContain("MAX_CONCURRENCY");
        gateway.Output.ShouldContain("JWT_SECRET");
        gateway.Output.ShouldContain("LOG_LEVEL");
        gateway.Output.ShouldNotContain("too-short-a-secret");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Dictionary<string, string> ComfyUi(SimulatorServer simulator) => new() { ["COMFYUI_URL"] = simulator.BaseUrl.ToString() };

    private int PostgresProcess() =>
        int.Parse(File.ReadLines(Path.Combine(_folder.FullName, "data", "postgres", "postmaster.pid")).First(), System.Globalization.CultureInfo.InvariantCulture);
}
