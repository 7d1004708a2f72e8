using System.Text.Json;
using ComfyGateway.Dispatch.Backends;

namespace ComfyGateway.IntegrationTests.Backends;

/// <summary>A backend that was given no jobs for a while.</summary>
public sealed class TrialTests(PostgresFixture postgres)
{
    [Fact]
    public async Task One_prompt_is_tried_however_many_slots_there_are_and_the_others_follow_when_it_has_ended()
    {
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["MAX_CONCURRENCY"] = "3" });
        await gateway.WorksWithAll();
        using var comfy = gateway.ComfyUi();
        gateway.Part<BackendPool>().Find("gpu0")!.Trip("a test says so");

        var jobs = new List<Guid>();
        for (var n = 0; n < 6; n++)
        {
            jobs.Add(await gateway.Submit(new { workflow = Graphs.Sleep(steps: 30, seconds: 3) }, gateway.Admin));
        }

        var most = 0;
        await Eventually.Holds(async () =>
        {
            var queue = await comfy.Json("/queue");
            var hasEnded = gateway.Simulator.Statistics.Snapshot().FinishedPrompts > 0;
            most = hasEnded ? most : Math.Max(most, queue.GetProperty("queue_running").GetArrayLength() + queue.GetProperty("queue_pending").GetArrayLength());
            return hasEnded;
        });
        var ended = await Task.WhenAll(jobs.Select(gateway.End));

        most.ShouldBe(1);
        ended.ShouldAllBe(j => j.GetProperty("status").GetString() == "succeeded" && j.GetProperty("attempts").GetInt32() == 1);
    }
}
