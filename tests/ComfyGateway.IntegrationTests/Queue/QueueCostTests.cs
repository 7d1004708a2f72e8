using System.Text.Json;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Settings;
using Marten;
using MediatR;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

/// <summary>PostgreSQL keeps the plan of a prepared statement. One that was made while nothing waited must do for a long queue too.</summary>
public sealed class QueueCostTests(PostgresFixture postgres)
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
        await using var gateway = await Build();
        await using var database = OneConnection(gateway);
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
        (await Execute(database, "select sum(custom_plans)::bigint from pg_prepared_statements where statement like '%update gateway.queue q%'")).ShouldBe(0L);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Accepting_jobs_of_an_owner_who_is_new_does_not_read_the_queue_of_the_others(bool isPlannedEmpty)
    {
        await using var gateway = await Build();
        await using var database = OneConnection(gateway);
        if (isPlannedEmpty)
        {
            await Execute(database, "vacuum analyze gateway.queue");
            await AcceptOfManyOwners(gateway, database);
            await Execute(database, "delete from gateway.queue");
        }

        await Execute(database, $"insert into gateway.queue (job_id, owner, rank, turn) select gen_random_uuid(), repeat('o', 64), 0, n from generate_series(1, {Waiting}) n");
        if (!isPlannedEmpty)
        {
            await Execute(database, "analyze gateway.queue");
        }

        var before = await Read(database);
        await AcceptOfManyOwners(gateway, database);

        (await Read(database) - before).ShouldBeLessThan(Claims * 100);
        // Behind nobody of their own, and not before the round that comes next; in that, since they have nothing here yet, before those who have.
        (await Execute(database, "select string_agg(turn::text, ' ' order by turn) from gateway.queue where owner like 'owner0 %'")).ShouldBe("2 5 7 9");
    }

    [Fact]
    public async Task Accepting_jobs_is_planned_once()
    {
        await using var gateway = await Build();
        await using var database = OneConnection(gateway);

        await AcceptOfManyOwners(gateway, database);

        const string Plans = "from pg_prepared_statements where statement like '%insert into gateway.queue%'";
        (await Execute(database, $"select generic_plans {Plans}")).ShouldBeOfType<long>().ShouldBeGreaterThan(Claims / 2);
        (await Execute(database, $"select custom_plans {Plans}")).ShouldBe(0L);
    }

    [Fact]
    public async Task Of_jobs_that_come_together_each_owner_and_priority_has_turns_of_its_own()
    {
        await using var gateway = await Build();
        await using var database = OneConnection(gateway);
        await Execute(database, "insert into gateway.queue (job_id, owner, rank, turn) values (gen_random_uuid(), 'b', 0, 15)");

        JobQueued[] jobs = [Job("a"), Job("b"), Job("a") with { Priority = 5 }, Job("a"), Job("b"), Job("a") with { Priority = 5 }];
        await Accept(gateway, database, jobs);

        // b has a job that waits in the round that is next: a, who is new, comes in no earlier round, and b's own come in later ones. Another priority is another line.
        var turns = await Task.WhenAll(jobs.Select(j => Execute(database, $"select owner || ' ' || rank || ' ' || turn from gateway.queue where job_id = '{j.JobId}'")));
        turns.ShouldBe(["a 0 14", "b 0 17", "a -5 2", "a 0 17", "b 0 19", "a -5 5"]);
    }

    [Fact]
    public async Task An_owner_who_is_being_served_is_not_new()
    {
        await using var gateway = await Build();
        await using var database = OneConnection(gateway);
        await Execute(database, "insert into gateway.queue (job_id, owner, rank, turn, slot) values (gen_random_uuid(), 'served', 0, 14, 'a/0')");

        await Accept(gateway, database, Job("served"), Job("new"));

        // Both in the next round. Else who sends a job as soon as theirs runs would always go first.
        (await Execute(database, "select string_agg(owner || ' ' || turn, ', ' order by turn) from gateway.queue where slot is null")).ShouldBe("new 16, served 17");
    }

    /// <summary>Four jobs each of many owners.</summary>
    private static async Task AcceptOfManyOwners(WebApplication gateway, NpgsqlDataSource database)
    {
        for (var n = 0; n < Claims; n++)
        {
            await Accept(gateway, database, [.. Enumerable.Range(0, 4).Select(_ => Job($"owner{n}".PadRight(64)))]);
        }
    }

    private static async Task Accept(WebApplication gateway, NpgsqlDataSource database, params JobQueued[] jobs)
    {
        var batch = new StatementBatch();
        await gateway.Services.GetRequiredService<IMediator>().Publish(new JobsQueuing(batch, jobs), Ct);
        await using var connection = new StatementConnection(database);
        await connection.Commit(batch, Ct);
    }

    private static JobQueued Job(string owner) => new(
        Guid.CreateVersion7(), "any", 1, null, owner, new Dictionary<string, JsonElement>(), null, 0, 1000, true, null, "correlation", DateTimeOffset.UnixEpoch);

    private async Task<WebApplication> Build()
    {
        var url = await postgres.CreateDatabase();
        var gateway = GatewayHost.Build(TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = url }), url);
        await gateway.Services.GetRequiredService<IDocumentStore>().Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        return gateway;
    }

    private static async Task Claim(JobClaims claims, string? loaded, int expected)
    {
        for (var n = 0; n < Claims; n++)
        {
            (await claims.Claim(new ClaimRequest(new Slot("a", 0), 1, loaded, TimeSpan.FromSeconds(30), IsAlone: true), n, Ct)).Count.ShouldBe(expected);
        }

        // There is one connection, and the test needs it.
        await claims.DisposeAsync();
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

    private static NpgsqlDataSource OneConnection(WebApplication gateway) => NpgsqlDataSource.Create(
        new NpgsqlConnectionStringBuilder(gateway.Services.GetRequiredService<GatewaySettings>().DatabaseUrl) { MaxPoolSize = 1, MaxAutoPrepare = 64, AutoPrepareMinUsages = 2, NoResetOnClose = true });
}
