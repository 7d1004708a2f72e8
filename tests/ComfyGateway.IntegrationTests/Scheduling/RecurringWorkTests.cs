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

    private async Task StartAndStop(Dictionary<string, string> settings)
    {
        await using var gateway = await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct), settings);
    }
}
