using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class FollowJobTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task The_event_stream_tells_a_job_from_its_beginning_to_its_end_and_then_ends()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 0.5) }, Gateway.Admin);

        var events = await Events(jobId);

        var changes = events.Where(e => e.EventId is not null).Select(e => e.EventType).ToArray();
        changes[0].ShouldBe("queued");
        changes.ShouldContain("started");
        changes.Count(c => c == "node").ShouldBe(3);
        changes[^2..].ShouldBe(["output", "succeeded"]);
        var ids = events.Where(e => e.EventId is not null).Select(e => long.Parse(e.EventId!, System.Globalization.CultureInfo.InvariantCulture)).ToArray();
        ids.ShouldBe(ids.Distinct().Order());
        var progress = events.Where(e => e.EventType == "progress").Select(e => JsonElement.Parse(e.Data).GetProperty("progress").GetInt32()).ToArray();
        progress.ShouldBe(progress.Order());
    }

    [Fact]
    public async Task Last_event_id_resumes_with_nothing_lost_and_nothing_twice()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.End(jobId);
        var all = await Events(jobId);

        var rest = await Events(jobId, lastEventId: all[1].EventId);

        rest.Select(e => e.EventId).ShouldBe(all.Skip(2).Select(e => e.EventId));
    }

    [Fact]
    public async Task Headers_alone_of_a_stream_are_answered_at_once_and_not_when_it_ends()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);

        using var head = await Gateway.Admin.Send("HEAD", $"/jobs/{jobId}/events");

        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        head.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        (await Gateway.Get($"/jobs/{jobId}")).GetProperty("status").GetString().ShouldBeOneOf("queued", "running");
        (await Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct)).Dispose();
        await Gateway.End(jobId);
    }

    [Fact]
    public async Task A_get_that_waits_answers_when_the_job_ends()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 4, seconds: 0.4) }, Gateway.Admin);

        var job = await Gateway.Get($"/jobs/{jobId}?wait=60");

        job.GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_get_that_waits_in_vain_answers_with_the_job_as_it_is()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin);

        var job = await Gateway.Get($"/jobs/{jobId}?wait=1");

        job.GetProperty("status").GetString().ShouldBeOneOf("queued", "running");
        (await Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct)).Dispose();
        await Gateway.End(jobId);
    }

    [Fact]
    public async Task A_post_that_prefers_to_wait_answers_with_the_whole_job()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/jobs") { Content = JsonContent.Create(new { workflow = Graphs.Sleep() }) };
        request.Headers.Add("Prefer", "wait=60");

        using var response = await Gateway.Admin.SendAsync(request, Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Headers.GetValues("Preference-Applied").ShouldHaveSingleItem().ShouldBe("wait=60");
        (await response.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("status").GetString().ShouldBe("succeeded");
    }

    [Fact]
    public async Task A_post_whose_wait_was_in_vain_tells_the_job_as_it_is_then_and_a_canceled_job_how_far_it_was()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/jobs") { Content = JsonContent.Create(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }) };
        request.Headers.Add("Prefer", "wait=5");

        using var response = await Gateway.Admin.SendAsync(request, Ct);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        answer.GetProperty("status").GetString().ShouldBe("running");
        answer.GetProperty("position").ValueKind.ShouldBe(JsonValueKind.Null);
        var jobId = answer.GetProperty("jobId").GetGuid();
        var reached = (await Gateway.Until(jobId, j => j.GetProperty("progress").GetInt32() > 0)).GetProperty("progress").GetInt32();
        (await Gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct)).Dispose();
        var ended = await Gateway.End(jobId);
        ended.GetProperty("status").GetString().ShouldBe("canceled");
        ended.GetProperty("progress").GetInt32().ShouldBeInRange(reached, 99);
    }

    [Fact]
    public async Task What_is_answered_from_the_end_on_is_what_the_record_says()
    {
        var ended = Gateway.Part<EndedJobs>();
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep(), metadata = new { order = 4711 } }, Gateway.Admin);
        await Events(jobId);

        await Eventually.Holds(() => Task.FromResult(ended.Find(jobId, new Caller("", CallerRole.Admin, "")) is not null));
        var kept = await Gateway.Admin.GetStringAsync($"/jobs/{jobId}", Ct);
        ended.Forget(jobId);
        var read = await Gateway.Admin.GetStringAsync($"/jobs/{jobId}", Ct);

        JsonElement.Parse(kept).GetProperty("status").GetString().ShouldBe("succeeded");
        kept.ShouldBe(read);
    }

    [Fact]
    public async Task History_tells_every_event_and_the_job_as_it_was_at_each()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.End(jobId);

        var events = (await Gateway.Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray().ToArray();
        var first = await Gateway.Get($"/jobs/{jobId}/history?version=1");
        var last = await Gateway.Get($"/jobs/{jobId}/history?version={events.Length}");

        events[0].GetProperty("type").GetString().ShouldBe("job_queued");
        events[^1].GetProperty("type").GetString().ShouldBe("job_succeeded");
        events.Select(e => e.GetProperty("version").GetInt32()).ShouldBe(Enumerable.Range(1, events.Length));
        events[0].GetProperty("actor").GetString()!.ShouldStartWith("key_");
        first.GetProperty("job").GetProperty("status").GetString().ShouldBe("queued");
        last.GetProperty("job").GetProperty("status").GetString().ShouldBe("succeeded");
        last.GetProperty("job").GetProperty("outputs").GetRawText().ShouldBe((await Gateway.Get($"/jobs/{jobId}")).GetProperty("outputs").GetRawText());
    }

    [Fact]
    public async Task The_job_as_it_was_is_found_by_the_times_that_the_answers_tell()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        var timing = (await Gateway.End(jobId)).GetProperty("timing");
        var events = (await Gateway.Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray().ToArray();

        foreach (var (told, version) in events.Select(e => (e.GetProperty("at").GetString(), e.GetProperty("version").GetInt32())))
        {
            (await Gateway.Get($"/jobs/{jobId}/history?at={told}")).GetProperty("version").GetInt32().ShouldBeGreaterThanOrEqualTo(version);
        }

        (await StatusAt("createdAt")).ShouldBe("queued");
        (await StatusAt("completedAt")).ShouldBe("succeeded");
        await Gateway.Admin.GetAsync($"/jobs/{jobId}/history?version={events.Length + 1}", Ct).ShouldFail(400, "VALIDATION_ERROR");
        await Gateway.Admin.GetAsync($"/jobs/{jobId}/history?version=1&at=2026-01-01T00:00:00Z", Ct).ShouldFail(400, "VALIDATION_ERROR");

        async Task<string?> StatusAt(string time) =>
            (await Gateway.Get($"/jobs/{jobId}/history?at={timing.GetProperty(time).GetString()}")).GetProperty("job").GetProperty("status").GetString();
    }

    [Fact]
    public async Task Times_within_events_are_written_as_all_times_are()
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);
        await Gateway.End(jobId);

        var events = (await Gateway.Get($"/jobs/{jobId}/history")).GetProperty("events").EnumerateArray().ToArray();

        events.Select(e => e.GetProperty("data").GetProperty("at").GetString()!).ShouldAllBe(at => Regex.IsMatch(at, @"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z"));
    }

    [Fact]
    public async Task Logs_say_what_happened_without_the_prompt()
    {
        const string secret = "a very private lighthouse";
        var jobId = await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = secret, width = 64, height = 64, steps = 2 } });
        await Gateway.End(jobId);

        var logs = await Gateway.Get($"/jobs/{jobId}/logs");

        var messages = logs.GetProperty("logs").EnumerateArray().Select(l => l.GetProperty("message").GetString()!).ToArray();
        messages.ShouldContain("Started");
        messages[^1].ShouldBe("Succeeded");
        logs.GetRawText().ShouldNotContain(secret);
    }

    [Fact]
    public async Task A_preview_is_there_while_the_job_runs_and_gone_after()
    {
        var jobId = await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 256, height = 256, steps = 150 } });
        await Eventually.Holds(async () =>
        {
            using var preview = await Gateway.User.GetAsync($"/jobs/{jobId}/preview", Ct);
            return preview.StatusCode == HttpStatusCode.OK && preview.Content.Headers.ContentType!.MediaType is "image/jpeg" or "image/png";
        });
        await Gateway.End(jobId);

        using var gone = await Gateway.User.GetAsync($"/jobs/{jobId}/preview", Ct);

        gone.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("events")]
    [InlineData("history")]
    [InlineData("logs")]
    [InlineData("preview")]
    public async Task Another_owners_job_is_not_there(string what)
    {
        var jobId = await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin);

        using var response = await Gateway.User.GetAsync($"/jobs/{jobId}/{what}", Ct);

        response.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await response.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("code").GetString().ShouldBe("JOB_NOT_FOUND");
    }

    private async Task<List<SseItem<string>>> Events(Guid jobId, string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/jobs/{jobId}/events");
        if (lastEventId is not null)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        using var response = await Gateway.Admin.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Ct);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var events = new List<SseItem<string>>();
        await foreach (var item in SseParser.Create(await response.Content.ReadAsStreamAsync(Ct)).EnumerateAsync(Ct))
        {
            events.Add(item);
        }

        return events;
    }
}
