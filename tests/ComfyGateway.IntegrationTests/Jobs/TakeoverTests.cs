using System.Text.Json;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A gateway that finds a prompt running which another one had sent.</summary>
public sealed class TakeoverTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Goes_on_from_the_nodes_that_were_told_while_it_ran_and_tells_none_twice()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = await postgres.CreateDatabase(), ["COMFYUI_URL"] = $"{simulator.BaseUrl}" };
        Guid jobId;
        await using (var first = await Start(settings))
        {
            jobId = await first.Submit(new { workflow = Graphs.Sleep(steps: 30, seconds: 6) }, first.Admin);
            await Eventually.Holds(async () => (await Nodes(first, jobId)).Contains("1"));
            (await first.Get($"/jobs/{jobId}")).GetProperty("status").GetString().ShouldBe("running");
        }

        await using var second = await Start(settings);
        var taken = await second.Until(jobId, j => j.GetProperty("progress").GetInt32() > 0);
        var ended = await second.End(jobId);

        taken.GetProperty("status").GetString().ShouldBe("running");
        ended.GetProperty("status").GetString().ShouldBe("succeeded");
        ended.GetProperty("attempts").GetInt32().ShouldBe(1);
        (await Nodes(second, jobId)).ShouldBeUnique();
        simulator.Statistics.Snapshot().FinishedPrompts.ShouldBe(1);
    }

    [Fact]
    public async Task Goes_on_from_the_progress_that_it_heard_of_before()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        var settings = new Dictionary<string, string> { ["DATABASE_URL"] = await postgres.CreateDatabase(), ["COMFYUI_URL"] = $"{simulator.BaseUrl}" };
        var told = new List<int>();
        TestGateway second;
        Guid jobId;
        await using (var first = await Start(settings))
        {
            // A step takes so long that the next is told only some time after the first gateway is gone.
            jobId = await first.Submit(new { workflow = Graphs.Sleep(steps: 3, seconds: 24) }, first.Admin);
            await first.UntilRunning(jobId);
            second = await Start(settings);
            told.Add((await second.Until(jobId, j => j.GetProperty("progress").GetInt32() > 30)).GetProperty("progress").GetInt32());
        }

        await using var taker = second;
        await Eventually.Holds(async () =>
        {
            var job = await second.Get($"/jobs/{jobId}");
            told.Add(job.GetProperty("progress").GetInt32());
            return job.GetProperty("status").GetString() == "succeeded";
        });

        told.ShouldBeInOrder();
        told.Distinct().Count().ShouldBeGreaterThan(2, string.Join(' ', told.Distinct()));
    }

    private static async Task<string?[]> Nodes(TestGateway gateway, Guid jobId) =>
        [.. (await gateway.Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray()
            .Where(e => e.GetProperty("type").GetString() == "job_node_finished")
            .Select(e => e.GetProperty("data").GetProperty("nodeId").GetString())];

    // The simulator outlives each gateway, so none of these is the gateway's own.
    private async Task<TestGateway> Start(Dictionary<string, string> settings) =>
        await TestGateway.Start(postgres, await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct), settings);
}
