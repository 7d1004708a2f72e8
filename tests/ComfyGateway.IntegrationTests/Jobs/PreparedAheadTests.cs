using System.Text.Json;
using ComfyGateway.Dispatch.Queue;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>Where runs are short, a slot has more jobs than ComfyUI has: they are not bound to it when a run turns out to be long.</summary>
public sealed class PreparedAheadTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Jobs_that_wait_behind_a_long_run_are_in_the_queue_and_end_at_once_when_canceled()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await RunShortOnes(gateway);
        var jobs = await SubmitLongOnesTogether(gateway);
        await gateway.Until(jobs[0], j => Status(j) == "running");

        // The third is claimed with the two that ComfyUI gets, and given back.
        await Eventually.Holds(async () => await gateway.Events(jobs[2]) is ["job_queued", "job_submitted", "job_recalled"]);

        (await gateway.Get($"/jobs/{jobs[2]}")).GetProperty("position").GetInt32().ShouldBe(2);
        (await gateway.Admin.PostAsync($"/jobs/{jobs[2]}/cancel", null, Ct)).Dispose();
        Status(await gateway.End(jobs[2])).ShouldBe("canceled");
        Status(await gateway.Get($"/jobs/{jobs[0]}")).ShouldBe("running");
    }

    [Fact]
    public async Task A_job_that_is_canceled_between_its_claim_and_its_sending_ends_while_the_others_run()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await RunShortOnes(gateway);
        var jobs = await SubmitLongOnesTogether(gateway);

        (await gateway.Admin.PostAsync($"/jobs/{jobs[2]}/cancel", null, Ct)).Dispose();

        Status(await gateway.End(jobs[2])).ShouldBe("canceled");
        Status(await gateway.Get($"/jobs/{jobs[1]}")).ShouldBe("queued");
    }

    [Fact]
    public async Task A_job_of_higher_priority_that_comes_while_one_is_sent_goes_before_the_others_that_are_prepared()
    {
        await using var gateway = await TestGateway.Start(postgres);
        await RunShortOnes(gateway);
        using var comfy = gateway.ComfyUi();

        // While ComfyUI takes its time to answer, the next are prepared already.
        var jobs = await SubmitLongOnesTogether(gateway, () => gateway.Simulator.Faults.Hang(TimeSpan.FromSeconds(2)));
        await gateway.Until(jobs[0], j => j.GetProperty("attempts").GetInt32() == 1);
        var urgent = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60), priority = 10 }, gateway.Admin);
        await gateway.UntilRunning(jobs[0]);
        await Eventually.Holds(async () => (await comfy.Json("/prompt")).GetProperty("exec_info").GetProperty("queue_remaining").GetInt32() == 2);

        (await gateway.Admin.PostAsync($"/jobs/{jobs[0]}/cancel", null, Ct)).Dispose();
        await gateway.End(jobs[0]);

        await Eventually.Holds(async () => (await gateway.Get("/jobs?status=running")).GetProperty("count").GetInt32() == 1);
        Status(await gateway.Get($"/jobs/{urgent}")).ShouldBe("running");
    }

    /// <summary>Until more than one fits between two commits, so that more is claimed than ComfyUI gets.</summary>
    private static Task RunShortOnes(TestGateway gateway) => Eventually.Holds(async () =>
    {
        await gateway.End(await gateway.Submit(new { workflow = Graphs.Sleep(seconds: 0) }, gateway.Admin));
        return gateway.Part<RunTimes>().JobsPerCommit() >= 2;
    });

    private static async Task<Guid[]> SubmitLongOnesTogether(TestGateway gateway, Func<Task>? beforeTheyAreTaken = null)
    {
        (await gateway.Admin.PostAsync("/admin/backends/gpu0/drain", null, Ct)).EnsureSuccessStatusCode();
        var jobs = new Guid[3];
        for (var n = 0; n < jobs.Length; n++)
        {
            jobs[n] = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);
        }

        await (beforeTheyAreTaken?.Invoke() ?? Task.CompletedTask);
        (await gateway.Admin.PostAsync("/admin/backends/gpu0/resume", null, Ct)).EnsureSuccessStatusCode();
        return jobs;
    }

    private static string? Status(JsonElement job) => job.GetProperty("status").GetString();
}
