using System.Diagnostics;
using System.Text.Json;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>Two gateways on one PostgreSQL, of which the one that works dies.</summary>
public sealed class FailoverTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_slots_of_a_dead_gateway_are_taken_over_within_30_seconds_and_its_prompt_is_followed_not_run_again()
    {
        await using var pair = await GatewayPair.Start(postgres);
        var jobs = new List<Guid> { await pair.First.Submit(new { workflow = Graphs.Sleep(steps: 200, seconds: 20) }) };
        for (var n = 0; n < 5; n++)
        {
            jobs.Add(await pair.Second.Submit(new { workflow = Graphs.Sleep() }));
        }

        await Eventually.Holds(async () => HasStarted(await pair.Second.Get($"/jobs/{jobs[0]}")));
        await MakeLongAgo(pair.Database);
        var watch = Stopwatch.StartNew();
        await pair.First.Kill();
        await Eventually.Holds(() => Task.FromResult(pair.Second.Output.Contains($"Job {jobs[0]}: looking for prompt", StringComparison.Ordinal)), otherwise: () => pair.Second.Output);
        var taken = watch.Elapsed;

        foreach (var jobId in jobs)
        {
            (await pair.Success(jobId)).GetProperty("attempts").GetInt32().ShouldBe(1);
        }

        taken.ShouldBeLessThan(Bound, pair.Second.Output);
        pair.Simulator.Statistics.Snapshot().Prompts.Select(p => p.Executions).ShouldBe(Enumerable.Repeat(1, jobs.Count));
        ChaosSettings.Tell($"A dead gateway's slot was taken over after {taken.TotalSeconds:0.0} s.");
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
