using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Slots;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

/// <summary>PostgreSQL keeps the plan of a prepared statement. One that was made while nothing waited must do for a long queue too.</summary>
public sealed class ClaimCostTests(PostgresFixture postgres)
{
    private const int Waiting = 20_000;

    // Each claim, and more than the five after which PostgreSQL settles on a plan.
    private const int Claims = 16;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(null)]
    [InlineData("loaded")]
    [InlineData("neither")]
    public async Task A_claim_reads_no_more_of_a_queue_that_grew_than_it_needs(string? loaded)
    {
        var url = await postgres.CreateDatabase();
        await using var gateway = GatewayHost.Build(TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = url }), url);
        await gateway.Services.GetRequiredService<IDocumentStore>().Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        await using var database = OneConnection(url);
        var claims = new JobClaims(database, new QueueDepth(database, TimeProvider.System), TimeProvider.System);
        await Execute(database, "vacuum analyze gateway.queue");
        await Claim(claims, loaded, expected: 0);

        await Execute(database, $"""
            insert into gateway.queue (job_id, owner, rank, model, turn)
            select gen_random_uuid(), 'o', n % 3, case when n % 2 = 0 then 'loaded' else 'other' end, n from generate_series(1, {Waiting}) n
            """);
        var before = await Read(database);
        await Claim(claims, loaded, expected: 1);

        // All that the claims together may have read: the window of two hundred where models differ, and little else.
        (await Read(database) - before).ShouldBeLessThan(Claims * 1_000);
    }

    private static async Task Claim(JobClaims claims, string? loaded, int expected)
    {
        for (var n = 0; n < Claims; n++)
        {
            (await claims.Claim(new ClaimRequest(new Slot("a", 0), 1, loaded, TimeSpan.FromSeconds(30), IsAlone: true), n, Ct)).Count.ShouldBe(expected);
        }
    }

    /// <summary>The rows of the queue that were read so far, by whatever way.</summary>
    private static async Task<long> Read(NpgsqlDataSource database)
    {
        // PostgreSQL tells of what a connection did a while later, unless it is asked to.
        await Execute(database, "select pg_stat_force_next_flush()");
        return (long)(await Execute(database, "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables where relid = 'gateway.queue'::regclass"))!;
    }

    private static async Task<object?> Execute(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }

    private static NpgsqlDataSource OneConnection(string url) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(url) { MaxPoolSize = 1, MaxAutoPrepare = 64, AutoPrepareMinUsages = 2, NoResetOnClose = true });
}
