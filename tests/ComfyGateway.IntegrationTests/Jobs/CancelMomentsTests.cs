using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A cancel finds a job in any state, and in between; and what is not its job it leaves alone.</summary>
public sealed class CancelMomentsTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task At_whatever_moment_it_comes_the_job_ends_and_no_other_is_touched()
    {
        var (canceled, kept) = (new List<Task<JsonElement>>(), new List<Guid>());
        for (var n = 0; n < 40; n++)
        {
            var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 4, seconds: 0.08) }, Gateway.Admin);
            // Two thirds are canceled: while they wait, behind the running prompt, while they run, and from one to the next.
            if (n % 3 == 0)
            {
                kept.Add(jobId);
            }
            else
            {
                canceled.Add(CancelAfter(jobId, TimeSpan.FromMilliseconds(n * 13 % 200)));
            }
        }

        var ended = await Task.WhenAll(canceled);
        var others = await Task.WhenAll(kept.Select(Gateway.End));

        ended.ShouldAllBe(j => Status(j) == "canceled" || Status(j) == "succeeded");
        ended.Count(j => Status(j) == "canceled").ShouldBeGreaterThan(5);
        others.ShouldAllBe(j => Status(j) == "succeeded" && j.GetProperty("attempts").GetInt32() == 1);
        Gateway.Simulator.Statistics.Snapshot().MaxExecutionsOfOnePrompt.ShouldBe(1);
    }

    [Fact]
    public async Task A_prompt_of_somebody_else_runs_on()
    {
        using var comfy = Gateway.ComfyUi();
        var foreign = Guid.CreateVersion7();
        (await comfy.PostAsJsonAsync("/prompt", new { prompt = Graphs.Sleep(steps: 20, seconds: 2), prompt_id = foreign, client_id = "somebody" }, Ct)).Dispose();
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.Until(jobId, j => j.GetProperty("attempts").GetInt32() == 1);

        await Cancel(jobId);

        Status(await Gateway.End(jobId)).ShouldBe("canceled");
        var entry = default(JsonElement);
        await Eventually.Holds(async () => (await comfy.GetFromJsonAsync<JsonElement>($"/history/{foreign}", Ct)).TryGetProperty(foreign.ToString(), out entry));
        entry.GetProperty("status").GetProperty("status_str").GetString().ShouldBe("success");
    }

    [Fact]
    public async Task A_prompt_that_ends_well_all_the_same_is_a_success()
    {
        await Gateway.Simulator.Faults.LoseInterrupts(10_000);
        try
        {
            var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 1) }, Gateway.Admin);
            await Gateway.Until(jobId, j => Status(j) == "running");

            (await Cancel(jobId)).GetProperty("status").GetString().ShouldBe("running");

            var job = await Gateway.End(jobId);
            Status(job).ShouldBe("succeeded");
            job.GetProperty("outputs").GetArrayLength().ShouldBe(1);
            (await Gateway.Get($"/jobs/{jobId}/logs")).GetRawText().ShouldContain("Cancellation requested");
        }
        finally
        {
            await Gateway.Simulator.Faults.LoseInterrupts(0);
        }
    }

    [Fact]
    public async Task Canceling_twice_is_as_canceling_once()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);
        await Gateway.Until(jobId, j => Status(j) == "running");
        await Gateway.Simulator.Faults.LoseInterrupts(2);

        await Cancel(jobId);
        await Cancel(jobId);

        Status(await Gateway.End(jobId)).ShouldBe("canceled");
        var events = (await Gateway.Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray().Select(e => e.GetProperty("type").GetString()).ToArray();
        events.Count(e => e == "job_cancel_requested").ShouldBe(1);
        events.Count(e => e == "job_canceled").ShouldBe(1);
    }

    private async Task<JsonElement> CancelAfter(Guid jobId, TimeSpan moment)
    {
        // Not to wait for anything: the moment is what is tried.
        await Task.Delay(moment, Ct);
        using var response = await Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct);
        ((int)response.StatusCode).ShouldBeOneOf(202, 409);
        return await Gateway.End(jobId);
    }

    private Task<JsonElement> Cancel(Guid jobId) => Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct).ShouldBe(202);

    private static string? Status(JsonElement job) => job.GetProperty("status").GetString();
}
