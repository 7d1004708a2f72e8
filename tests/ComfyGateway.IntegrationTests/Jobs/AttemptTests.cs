using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>How long an attempt may take, and how many there are.</summary>
public sealed class AttemptTests(PostgresFixture postgres)
{
    private static readonly Dictionary<string, string> Two = new() { ["MAX_ATTEMPTS"] = "2" };

    [Fact]
    public async Task Time_in_the_queue_does_not_count_against_the_limit()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var before = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 20, seconds: 3) }, gateway.Admin);
        await gateway.UntilRunning(before);

        var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep(), timeoutMs = 1500 }, gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("timing").GetProperty("queueTimeMs").GetInt32().ShouldBeGreaterThan(1500);
    }

    [Fact]
    public async Task The_limit_is_kept_where_comfyui_tells_nothing_meanwhile()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await gateway.WorksWithAll();
        await gateway.Simulator.Faults.MuteSockets();

        var job = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60), timeoutMs = 2000 }, gateway.Admin));

        job.GetProperty("error").GetProperty("code").GetString().ShouldBe("COMFYUI_TIMEOUT");
        job.GetProperty("timing").GetProperty("executionTimeMs").GetInt32().ShouldBeInRange(2000, 4000);
    }

    [Fact]
    public async Task A_job_that_comfyui_loses_each_time_fails_after_the_last_attempt()
    {
        await using var gateway = await TestGateway.Start(postgres, Two);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 300, seconds: 30) }, gateway.Admin);
        foreach (var attempt in (int[])[1, 2])
        {
            await gateway.Until(jobId, j => j.GetProperty("status").GetString() == "running" && j.GetProperty("attempts").GetInt32() == attempt);
            await gateway.Simulator.Faults.LoseQueueAndHistory();
        }

        var job = await gateway.End(jobId);

        job.GetProperty("status").GetString().ShouldBe("failed");
        var error = job.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("COMFYUI_UNREACHABLE");
        error.GetProperty("attempts").GetInt32().ShouldBe(2);
        var waits = (await gateway.Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray()
            .Where(e => e.GetProperty("type").GetString() == "job_requeued").Select(e => e.GetProperty("data")).ToArray();
        var wait = waits.ShouldHaveSingleItem();
        (wait.GetProperty("notBefore").GetDateTimeOffset() - wait.GetProperty("at").GetDateTimeOffset()).TotalSeconds.ShouldBeInRange(0.8, 1.2);
    }

    [Fact]
    public async Task After_running_out_of_memory_the_backend_is_asked_to_free_it_and_the_job_is_not_tried_again()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var body = new { workflow = Graphs.Sleep() };
        var first = await gateway.End(await gateway.Submit(body, gateway.Admin));

        var failed = await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep(fail: "oom") }, gateway.Admin));
        var again = await gateway.End(await gateway.Submit(body, gateway.Admin));

        failed.GetProperty("error").GetProperty("code").GetString().ShouldBe("COMFYUI_OOM");
        failed.GetProperty("attempts").GetInt32().ShouldBe(1);
        // What ComfyUI still has in memory it does not save again: a new name shows that it had let go of it.
        FileOf(again).ShouldNotBe(FileOf(first));
    }

    private static string? FileOf(JsonElement job) => job.GetProperty("outputs")[0].GetProperty("filename").GetString();
}
