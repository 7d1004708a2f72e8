using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class CancelJobTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task A_running_job_is_interrupted_and_no_other_prompt_is_touched()
    {
        var running = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);
        var next = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.UntilRunning(running);

        var answer = await Cancel(running);

        answer.GetProperty("status").GetString().ShouldBe("running");
        (await Gateway.End(running)).GetProperty("status").GetString().ShouldBe("canceled");
        (await Gateway.End(next)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_waiting_job_ends_at_once_and_never_runs()
    {
        var blocker = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);
        await Gateway.UntilRunning(blocker);
        var ahead = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        var waiting = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.Until(ahead, j => j.GetProperty("attempts").GetInt32() == 1);

        (await Cancel(waiting)).GetProperty("status").GetString().ShouldBe("canceled");
        await Cancel(ahead);
        (await Gateway.End(ahead)).GetProperty("status").GetString().ShouldBe("canceled");
        await Cancel(blocker);
        await Gateway.End(blocker);

        foreach (var jobId in new[] { waiting, ahead })
        {
            var job = await Gateway.Get($"/jobs/{jobId}");
            job.GetProperty("status").GetString().ShouldBe("canceled");
            job.GetProperty("timing").GetProperty("startedAt").ValueKind.ShouldBe(JsonValueKind.Null);
        }
    }

    [Fact]
    public async Task Canceling_a_job_that_ended_is_a_conflict()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.End(jobId);

        using var response = await Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.Conflict);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString().ShouldBe("JOB_NOT_CANCELABLE");
    }

    [Fact]
    public async Task Another_owners_job_cannot_be_canceled()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);

        using var response = await Gateway.User.PostAsync($"/jobs/{jobId}/cancel", null, Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    private async Task<JsonElement> Cancel(Guid jobId)
    {
        using var response = await Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct);
        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
    }
}
