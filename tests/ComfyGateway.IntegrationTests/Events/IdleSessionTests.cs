using Npgsql;

namespace ComfyGateway.IntegrationTests.Events;

/// <summary>A gateway on a server that ends sessions of which nothing is heard for a second.</summary>
public sealed class IdleSessionTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    private static readonly TimeSpan LongerThanTheServerWaits = TimeSpan.FromSeconds(2.5);

    [Fact]
    public async Task Connections_that_are_kept_stay_whatever_the_server_does_with_idle_ones()
    {
        var database = Part<NpgsqlDataSource>();
        await using (var limit = database.CreateCommand("do $$ begin execute format('alter database %I set idle_session_timeout = 1000', current_database()); end $$"))
        {
            await limit.ExecuteNonQueryAsync(Ct);
        }

        // Those that were made before know nothing of it.
        database.Clear();
        var before = await Process(database);
        await Task.Delay(LongerThanTheServerWaits, Ct);

        (await Process(database)).ShouldBe(before);
    }

    private static async Task<int> Process(NpgsqlDataSource database)
    {
        await using var ask = database.CreateCommand("select pg_backend_pid()");
        return (int)(await ask.ExecuteScalarAsync(Ct))!;
    }
}
