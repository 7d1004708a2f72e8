using System.Diagnostics;
using System.Text.Json;
using ComfyGateway.IntegrationTests.Processes;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>Two gateways on one PostgreSQL, of which the one that works dies or is stopped.</summary>
public sealed class FailoverTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_slots_of_a_gateway_that_is_gone_are_taken_over_within_30_seconds_and_its_prompt_is_followed_on_not_run_again(bool killed)
    {
        await using var pair = await GatewayPair.Start(postgres);
        var jobs = await OneThatRunsAndFiveBehind(pair, seconds: 45);
        await MakeLongAgo(pair.Database);
        var watch = Stopwatch.StartNew();
        await (killed ? pair.First.Kill() : pair.First.Terminate());
        await TakenOver(pair, jobs[0]);
        var taken = watch.Elapsed;
        var progress = await Progress(pair.Second, jobs[0]);

        foreach (var jobId in jobs)
        {
            (await pair.Success(jobId)).GetProperty("attempts").GetInt32().ShouldBe(1);
        }

        taken.ShouldBeLessThan(Bound, pair.Second.Output);
        progress.Distinct().Count().ShouldBeGreaterThan(5, string.Join(", ", progress));
        progress.ShouldBeInOrder();
        pair.Simulator.Statistics.Snapshot().Prompts.Select(p => p.Executions).ShouldBe(Enumerable.Repeat(1, jobs.Count));
        ChaosSettings.Tell($"The slot of a gateway that was {(killed ? "killed" : "stopped")} was taken over after {taken.TotalSeconds:0.0} s.");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_slots_of_a_gateway_that_stands_still_or_is_cut_off_are_taken_over_and_it_leaves_them_alone_when_it_goes_on(bool isProcess)
    {
        await using var pair = await GatewayPair.Start(postgres);
        var jobs = await OneThatRunsAndFiveBehind(pair, seconds: 20);
        var watch = Stopwatch.StartNew();
        if (isProcess)
        {
            await pair.First.Freeze();
        }
        else
        {
            pair.FirstsNetwork.StandStill();
        }

        try
        {
            await TakenOver(pair, jobs[0]);
            watch.Stop();
            watch.Elapsed.ShouldBeLessThan(Bound, pair.Second.Output);
            await pair.Success(jobs[0]);
        }
        finally
        {
            await (isProcess ? pair.First.Thaw() : Task.CompletedTask);
            pair.FirstsNetwork.GoOn();
        }

        // It answers, and what comes now is the other's to run.
        await pair.First.UntilReady();
        for (var n = 0; n < 10; n++)
        {
            jobs.Add(await pair.First.Submit(new { workflow = Graphs.Sleep() }));
        }

        foreach (var jobId in jobs)
        {
            (await pair.Success(jobId)).GetProperty("attempts").GetInt32().ShouldBe(1);
        }

        await Eventually.Holds(() => Task.FromResult(pair.First.Output.Contains("Another gateway has taken slot", StringComparison.Ordinal)), otherwise: () => pair.First.Output);
        pair.Simulator.Statistics.Snapshot().Prompts.Select(p => p.Executions).ShouldBe(Enumerable.Repeat(1, jobs.Count));
        ChaosSettings.Tell($"The slot of a gateway that {(isProcess ? "stood still" : "was cut off from the database")} was taken over after {watch.Elapsed.TotalSeconds:0.0} s.");
    }

    private static async Task<List<Guid>> OneThatRunsAndFiveBehind(GatewayPair pair, int seconds)
    {
        var jobs = new List<Guid> { await pair.First.Submit(new { workflow = Graphs.Sleep(steps: seconds * 10, seconds: seconds) }) };
        for (var n = 0; n < 5; n++)
        {
            jobs.Add(await pair.Second.Submit(new { workflow = Graphs.Sleep() }));
        }

        await Eventually.Holds(async () => HasStarted(await pair.Second.Get($"/jobs/{jobs[0]}")));
        return jobs;
    }

    private static Task TakenOver(GatewayPair pair, Guid jobId) => Eventually.Holds(
        () => Task.FromResult(pair.Second.Output.Contains($"Job {jobId}: looking for prompt", StringComparison.Ordinal)), otherwise: () => pair.Second.Output);

    /// <summary>How far the job is told to be, until it ends.</summary>
    private static async Task<int[]> Progress(GatewayProgram gateway, Guid jobId)
    {
        var progress = new List<int>();
        await Eventually.Holds(async () =>
        {
            var job = await gateway.Get($"/jobs/{jobId}");
            progress.Add(job.GetProperty("progress").GetInt32());
            return job.GetProperty("status").GetString() != "running";
        });
        return [.. progress];
    }

    /// <summary>Quartz deals otherwise with a trigger that fired long ago, as it has where a gateway dies after days.</summary>
    private static async Task MakeLongAgo(string database)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var age = new NpgsqlCommand("update qrtz_triggers set next_fire_time = next_fire_time - $1 where trigger_group = 'slots'", connection);
        age.Parameters.Add(new() { Value = TimeSpan.FromDays(1).Ticks });
        (await age.ExecuteNonQueryAsync(TestContext.Current.CancellationToken)).ShouldBe(1);
    }

    // Running is a state that a job can have left between two looks.
    private static bool HasStarted(JsonElement job) => job.GetProperty("timing").GetProperty("startedAt").ValueKind != JsonValueKind.Null;
}
