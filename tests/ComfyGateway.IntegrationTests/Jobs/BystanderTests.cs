using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A job that waits in ComfyUI behind one with which ComfyUI crashes each time.</summary>
public sealed class BystanderTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Does_not_fail_with_the_one_before_it()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.WorksWithAll();
        using var comfyUi = gateway.ComfyUi();
        var poison = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);
        await gateway.UntilRunning(poison);
        var bystander = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        foreach (var attempt in (int[])[1, 2, 3])
        {
            await gateway.Until(poison, j => j.GetProperty("status").GetString() == "running" && j.GetProperty("attempts").GetInt32() == attempt);
            // As a rule it waits behind the other again; while that paused before its next attempt it may have had its turn.
            await Eventually.Holds(async () => (await comfyUi.GetFromJsonAsync<JsonElement>("queue", Ct)).GetProperty("queue_pending").GetArrayLength() == 1
                || (await gateway.Get($"/jobs/{bystander}")).GetProperty("status").GetString() is "succeeded" or "failed");
            // Longer than the pause before the next attempt.
            await gateway.Simulator.Faults.Crash(TimeSpan.FromSeconds(4));
        }

        var job = await gateway.End(bystander);

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        (await gateway.Events(bystander)).ShouldNotContain("job_requeued");
    }
}
