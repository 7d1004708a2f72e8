using ComfyGateway.Dispatch.Backends;

namespace ComfyGateway.IntegrationTests.Backends;

/// <summary>A ComfyUI that crashes with one prompt under way and five behind it, of three slots.</summary>
public sealed class OneCrashTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Counts_as_a_failed_attempt_of_the_one_and_as_one_failure_of_the_backend()
    {
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["MAX_CONCURRENCY"] = "3" });
        await gateway.WorksWithAll();
        var jobs = new List<Guid>();
        for (var n = 0; n < 6; n++)
        {
            jobs.Add(await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin));
        }

        await gateway.UntilRunning(jobs[0]);
        await Eventually.Holds(() => Task.FromResult(gateway.Simulator.Statistics.Snapshot().ReceivedPrompts == 6));
        await gateway.Simulator.Faults.Crash(TimeSpan.FromSeconds(1));

        foreach (var job in jobs)
        {
            await Eventually.Holds(async () => (await gateway.Events(job)).Any(e => e is "job_requeued" or "job_recalled"));
        }

        gateway.Part<BackendPool>().All.ShouldHaveSingleItem().Circuit.Reason.ShouldBeNull();
        var events = await Task.WhenAll(jobs.Select(gateway.Events));
        events[0].ShouldContain("job_requeued");
        events[1..].ShouldAllBe(e => !e.Contains("job_requeued"));
    }
}
