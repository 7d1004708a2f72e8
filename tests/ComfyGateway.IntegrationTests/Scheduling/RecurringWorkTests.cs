using ComfyUi.Simulator;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Scheduling;

public sealed class RecurringWorkTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("600", 60_000)]
    [InlineData("100", 10_000)]
    public async Task An_interval_that_the_settings_change_holds_from_the_next_start(string second, long expected)
    {
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = await postgres.CreateDatabase(), ["UPLOAD_TTL_SECONDS"] = "600" };
        await StartAndStop(settings);

        settings["UPLOAD_TTL_SECONDS"] = second;
        await StartAndStop(settings);

        await using var connection = new NpgsqlConnection(settings["DATABASE_URL"]);
        await connection.OpenAsync(Ct);
        await using var command = new NpgsqlCommand("select repeat_interval from qrtz_simple_triggers where trigger_name = 'UploadSweep'", connection);
        (await command.ExecuteScalarAsync(Ct)).ShouldBe(expected);
    }

    [Fact]
    public async Task What_fell_due_while_no_gateway_ran_is_done_at_the_next_start()
    {
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = await postgres.CreateDatabase() };
        await StartAndStop(settings);
        await using var connection = new NpgsqlConnection(settings["DATABASE_URL"]);
        await connection.OpenAsync(Ct);
        var now = TimeProvider.System.GetUtcNow();
        await using var missed = new NpgsqlCommand("update qrtz_triggers set next_fire_time = $1 where trigger_name = 'SweepRun'", connection)
        {
            Parameters = { new() { Value = now.AddHours(-2).UtcTicks } },
        };
        (await missed.ExecuteNonQueryAsync(Ct)).ShouldBe(1);

        await using var gateway = await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct), settings);

        await using var last = new NpgsqlCommand("select prev_fire_time from qrtz_triggers where trigger_name = 'SweepRun'", connection);
        await Eventually.Holds(async () => await last.ExecuteScalarAsync(Ct) is long ticks && ticks >= now.UtcTicks, TimeSpan.FromSeconds(20));
    }

    private async Task StartAndStop(Dictionary<string, string> settings)
    {
        await using var gateway = await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct), settings);
    }
}
