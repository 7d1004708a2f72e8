using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Settings;
using ComfyUi.Simulator;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>Claims do not wait for the disk, so PostgreSQL can forget one in a crash while the slot that made it goes on.</summary>
public sealed class ForgottenClaimTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_that_another_slot_has_claimed_meanwhile_is_not_submitted()
    {
        var settings = await Settings();
        await using var gateway = await Api(settings);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        await Execute(settings, "update gateway.queue set slot = 'b/0'");

        (await Prepare(settings, jobId)).ShouldBeFalse();

        (await gateway.Events(jobId)).ShouldBe(["job_queued"]);
        (await Execute(settings, "select slot from gateway.queue")).ShouldBe("b/0");
    }

    [Fact]
    public async Task A_job_that_nobody_has_claimed_meanwhile_is_claimed_again_with_its_submission()
    {
        var settings = await Settings();
        await using var gateway = await Api(settings);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);

        (await Prepare(settings, jobId)).ShouldBeTrue();

        (await gateway.Events(jobId)).ShouldBe(["job_queued", "job_submitted"]);
        (await Execute(settings, "select slot from gateway.queue")).ShouldBe("a/0");
    }

    [Fact]
    public async Task A_job_that_is_claimed_for_a_slot_after_its_runner_has_looked_is_run_all_the_same()
    {
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = await postgres.CreateDatabase() };
        await using var gateway = await TestGateway.Start(postgres, settings);
        var running = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 50, seconds: 5) }, gateway.Admin);
        await gateway.UntilRunning(running);
        Guid[] behind = [await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin), await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin)];

        // As by a gateway that had the slot before, and whose claim came late.
        await Execute(settings, "update gateway.queue set slot = 'gpu0/0' where slot is null");

        foreach (var jobId in behind)
        {
            (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
        }
    }

    /// <summary>Two backends that are not there, so that nothing claims the job but the test.</summary>
    private async Task<Dictionary<string, string>> Settings() => new()
    {
        ["DATABASE_URL"] = await postgres.CreateDatabase(),
        ["COMFYUI_URL"] = "a=http://127.0.0.1:1,b=http://127.0.0.1:2",
    };

    /// <summary>One that runs no slot.</summary>
    private async Task<TestGateway> Api(Dictionary<string, string> settings) =>
        await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, CancellationToken.None), settings, GatewayRole.Api);

    /// <summary>Whether slot a/0, which believes to have the job, gets to submit it.</summary>
    private static async Task<bool> Prepare(Dictionary<string, string> settings, Guid jobId)
    {
        await using var other = GatewayHost.Build(TestSettings.Read(settings), settings["DATABASE_URL"]);
        var ledger = other.Services.GetRequiredService<JobLedger>();
        await ledger.StartAsync(Ct);
        var pool = other.Services.GetRequiredService<BackendPool>();
        await pool.StartAsync(Ct);
        var backend = pool.Find("a")!;
        using var run = await other.Services.GetRequiredService<RunPreparer>().Prepare(backend, new ClaimedJob(jobId, 0, null, new Slot("a", 0)), Ct);
        await ledger.StopAsync(Ct);
        await pool.StopAsync(Ct);
        return run is not null;
    }

    private static async Task<object?> Execute(Dictionary<string, string> settings, string sql)
    {
        await using var connection = new NpgsqlConnection(settings["DATABASE_URL"]);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(Ct);
    }
}
