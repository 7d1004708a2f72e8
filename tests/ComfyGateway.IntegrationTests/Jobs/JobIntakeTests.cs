using System.Net.Http.Json;
using System.Text.Json;
using ComfyGateway.Jobs;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class JobIntakeTests(PostgresFixture postgres)
{
    // Whoever writes a job loses the connection, as where the server goes away in that moment and stays away.
    private const string Die = """
        create function die() returns trigger language plpgsql as $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
        create trigger die before insert on gateway.mt_events for each row when (new.type = 'job_queued') execute function die();
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>As when the connection breaks between the commit and its answer, and the commit is tried again.</summary>
    [Fact]
    public async Task A_job_that_was_committed_though_nobody_heard_of_it_is_accepted()
    {
        var database = await postgres.CreateDatabase();
        await using var gateway = GatewayHost.Build(TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = database }), database);
        var intake = gateway.Services.GetRequiredService<JobIntake>();
        await intake.StartAsync(Ct);
        var job = new JobQueued(
            Guid.CreateVersion7(), "icon_512", 1, null, "o", new Dictionary<string, JsonElement>(), null, 0, 1000, true, null, "c", TimeProvider.System.GetUtcNow());

        await intake.Accept(job, Ct);
        await intake.Accept(job, Ct);

        await intake.StopAsync(Ct);
        await using var session = gateway.Services.GetRequiredService<IDocumentStore>().QuerySession();
        (await session.Events.FetchStreamAsync(job.JobId, token: Ct)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Where_nobody_knows_whether_a_job_was_committed_nobody_says_that_it_was_not()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await Execute(gateway, Die);

        using (var unclear = await gateway.Admin.PostAsJsonAsync("/jobs", new { workflow = Graphs.Sleep() }, Ct))
        {
            var problem = await Task.FromResult(unclear).ShouldFail(503, "DATABASE_UNAVAILABLE");
            problem.GetProperty("detail").GetString()!.ShouldContain("may have been accepted");
            unclear.Headers.GetValues("Retry-After").ShouldHaveSingleItem();
        }

        await Execute(gateway, "drop trigger die on gateway.mt_events");
        (await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin))).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    /// <summary>As where its machine swaps, its disk hangs, or a firewall forgets the connection.</summary>
    [Fact]
    public async Task Who_posts_while_the_database_stands_still_is_told_so_and_not_kept_waiting()
    {
        await using var relay = PostgresRelay.Start(await postgres.CreateDatabase());
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["DATABASE_URL"] = relay.Database });
        var running = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 100, seconds: 10) }, gateway.Admin);
        var behind = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        await gateway.UntilRunning(running);
        relay.StandStill();

        // Four tries of one commit alone would take two to four minutes.
        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => Post())).WaitAsync(TimeSpan.FromSeconds(90), Ct);
        var health = (await gateway.Get("/health")).GetProperty("ok").GetBoolean();
        relay.GoOn();

        answers.ShouldAllBe(answer => answer.Contains("DATABASE_UNAVAILABLE"));
        answers.ShouldContain(answer => answer.Contains("nothing was accepted"));
        health.ShouldBeFalse();
        await Eventually.Holds(async () => (await gateway.Get("/health")).GetProperty("ok").GetBoolean());
        foreach (var jobId in (Guid[])[running, behind, await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin)])
        {
            (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
        }

        gateway.Simulator.Statistics.Snapshot().Prompts.ShouldAllBe(prompt => prompt.Executions == 1);

        async Task<string> Post()
        {
            using var response = await gateway.Admin.PostAsJsonAsync("/jobs", new { workflow = Graphs.Sleep() }, Ct);
            return await response.Content.ReadAsStringAsync(Ct);
        }
    }

    private static async Task Execute(TestGateway gateway, string sql)
    {
        await using var command = gateway.Part<NpgsqlDataSource>().CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
