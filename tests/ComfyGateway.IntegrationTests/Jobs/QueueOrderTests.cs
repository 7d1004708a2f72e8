using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class QueueOrderTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task A_job_of_higher_priority_starts_after_at_most_the_prompt_that_runs()
    {
        var ordinary = new List<Guid>();
        for (var n = 0; n < 12; n++)
        {
            ordinary.Add(await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 4, seconds: 0.2) }, Gateway.Admin));
        }

        await Gateway.Until(ordinary[3], HasStarted);
        var urgent = await Gateway.Submit(new { workflow = Graphs.Sleep(), priority = 10 }, Gateway.Admin);

        var urgentStart = StartOf(await Gateway.End(urgent));
        var jobs = await Task.WhenAll(ordinary.Select(Gateway.End));
        var acceptedAt = (await Gateway.Get($"/jobs/{urgent}")).GetProperty("timing").GetProperty("createdAt").GetDateTimeOffset();
        jobs.Count(j => StartOf(j) > acceptedAt && StartOf(j) < urgentStart).ShouldBeLessThanOrEqualTo(1);
        jobs.ShouldAllBe(j => j.GetProperty("status").GetString() == "succeeded" && j.GetProperty("attempts").GetInt32() == 1);
        Gateway.Simulator.Statistics.Snapshot().MaxExecutionsOfOnePrompt.ShouldBe(1);
    }

    [Fact]
    public async Task Owners_take_turns_so_one_job_does_not_wait_behind_a_hundred_of_another()
    {
        var blocker = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);
        await Gateway.Until(blocker, HasStarted);
        var many = new List<Guid>();
        for (var n = 0; n < 20; n++)
        {
            many.Add(await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin));
        }

        var one = await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } });
        (await Gateway.Admin.PostAsync($"/jobs/{blocker}/cancel", null, Ct)).Dispose();

        var start = StartOf(await Gateway.End(one));
        var others = await Task.WhenAll(many.Select(Gateway.End));
        // The one that ComfyUI had already.
        others.Count(j => StartOf(j) < start).ShouldBeLessThanOrEqualTo(1);
    }

    [Fact]
    public async Task Positions_count_from_the_next_to_start()
    {
        var blocker = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);
        await Gateway.Until(blocker, HasStarted);
        var ahead = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.Until(ahead, j => j.GetProperty("attempts").GetInt32() == 1);
        var first = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        var second = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);

        (await Gateway.Get($"/jobs/{first}")).GetProperty("position").GetInt32().ShouldBe(2);
        (await Gateway.Get($"/jobs/{second}")).GetProperty("position").GetInt32().ShouldBe(3);

        (await Gateway.Admin.PostAsync($"/jobs/{blocker}/cancel", null, Ct)).Dispose();
        await Task.WhenAll(new[] { ahead, first, second }.Select(Gateway.End));
    }

    // Running is a state that a short job can have left between two looks.
    private static bool HasStarted(JsonElement job) => job.GetProperty("timing").GetProperty("startedAt").ValueKind != JsonValueKind.Null;

    private static DateTimeOffset StartOf(JsonElement job) => job.GetProperty("timing").GetProperty("startedAt").GetDateTimeOffset();
}
