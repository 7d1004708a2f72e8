using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class ListJobsTests(TokenFixture fixture) : IClassFixture<TokenFixture>
{
    private readonly TestGateway _gateway = fixture.Gateway;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_jobs_the_list_is_empty()
    {
        using var client = fixture.Client();

        var page = await client.Json("/jobs");

        page.GetRawText().ShouldBe("""{"jobs":[],"count":0,"nextCursor":null}""");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(200)]
    public async Task Pages_have_every_job_once_the_newest_first(int limit)
    {
        using var client = fixture.Client();
        var jobs = await Submit(client, 7);

        var (listed, cursor) = (new List<Guid>(), "");
        do
        {
            var page = await client.Json($"/jobs?limit={limit}{cursor}");
            page.GetProperty("count").GetInt32().ShouldBe(7);
            Ids(page).Length.ShouldBeLessThanOrEqualTo(limit);
            listed.AddRange(Ids(page));
            cursor = page.GetProperty("nextCursor").GetString() is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);

        listed.ShouldBe(jobs.OrderDescending());
    }

    [Fact]
    public async Task Jobs_that_come_while_one_reads_move_no_page()
    {
        using var client = fixture.Client();
        var jobs = await Submit(client, 4);

        var first = await client.Json("/jobs?limit=2");
        await Submit(client, 3);
        var second = await client.Json($"/jobs?limit=2&cursor={first.GetProperty("nextCursor").GetString()}");

        Ids(first).Concat(Ids(second)).ShouldBe(jobs.OrderDescending());
    }

    [Fact]
    public async Task Some_may_be_passed_over()
    {
        using var client = fixture.Client();
        var jobs = await Submit(client, 4);

        Ids(await client.Json("/jobs?offset=1&limit=2")).ShouldBe(jobs.OrderDescending().Skip(1).Take(2));
        Ids(await client.Json("/jobs?offset=9")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("workflowId=a&workflowId=b", "workflowId")]
    [InlineData("owner=a&Owner=a", "owner")]
    [InlineData("limit=1&limit=1", "limit")]
    [InlineData("offset=1&offset=1", "offset")]
    [InlineData("after=2026-01-01&after=2026-01-01", "after")]
    public async Task A_parameter_with_one_value_may_be_given_once(string query, string parameter)
    {
        using var client = fixture.Client();

        (await client.GetAsync($"/jobs?{query}", Ct).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe([parameter]);
    }

    [Fact]
    public async Task A_status_filters_and_several_add_up()
    {
        using var client = fixture.Client();
        var good = await Submit(client, 2);
        var bad = await _gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", checkpoint = "nowhere" } }, client);
        await Task.WhenAll(good.Append(bad).Select(_gateway.End));

        Ids(await client.Json("/jobs?status=succeeded")).ShouldBe(good.OrderDescending());
        Ids(await client.Json("/jobs?status=failed")).ShouldBe([bad]);
        Ids(await client.Json("/jobs?status=FAILED")).ShouldBe([bad]);
        Ids(await client.Json("/jobs?status=canceled")).ShouldBeEmpty();
        var both = await client.Json("/jobs?status=failed&status=succeeded&limit=1");
        both.GetProperty("count").GetInt32().ShouldBe(3);
        Ids(both).ShouldBe([bad]);
    }

    [Fact]
    public async Task A_workflow_filters()
    {
        using var client = fixture.Client();
        var icons = await Submit(client, 2);
        var picture = await _gateway.Submit(new { workflowId = "sdxl_realism_v1", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } }, client);

        Ids(await client.Json("/jobs?workflowId=sdxl_realism_v1")).ShouldBe([picture]);
        Ids(await client.Json("/jobs?workflowId=icon_512")).ShouldBe(icons.OrderDescending());
        Ids(await client.Json("/jobs?workflowId=nowhere")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Times_filter_by_when_a_job_was_made()
    {
        using var client = fixture.Client();
        var jobs = await Submit(client, 3);
        var middle = (await client.Json($"/jobs/{jobs[1]}")).GetProperty("timing").GetProperty("createdAt").GetDateTimeOffset();
        var (before, after) = (Uri.EscapeDataString(middle.AddSeconds(-30).ToString("O")), Uri.EscapeDataString(middle.AddSeconds(30).ToString("O")));

        Ids(await client.Json($"/jobs?after={before}&before={after}")).ShouldBe(jobs.OrderDescending());
        Ids(await client.Json($"/jobs?after={after}")).ShouldBeEmpty();
        Ids(await client.Json($"/jobs?before={before}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("after=0001-01-01T00:00:00Z", true)]
    [InlineData("after=1969-12-31T23:59:59Z", true)]
    [InlineData("after=9999-12-31T23:59:59.9999999Z", false)]
    [InlineData("before=0001-01-01T00:00:00Z", false)]
    [InlineData("before=1969-12-31T23:59:59Z", false)]
    [InlineData("before=9999-12-31T23:59:59.9999999Z", true)]
    public async Task A_time_may_be_as_long_ago_or_as_far_ahead_as_there_are_times(string query, bool hasAll)
    {
        using var client = fixture.Client();
        var jobs = await Submit(client, 1);

        Ids(await client.Json($"/jobs?{query}")).ShouldBe(hasAll ? jobs : []);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=201", "limit")]
    [InlineData("limit=-1", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("limit=", "limit")]
    [InlineData("limit=99999999999", "limit")]
    [InlineData("offset=-1", "offset")]
    [InlineData("offset=x", "offset")]
    [InlineData("cursor=x", "cursor")]
    [InlineData("status=done", "status[0]")]
    [InlineData("status=1", "status[0]")]
    [InlineData("status=queued,running", "status[0]")]
    [InlineData("status=queued&status=x", "status[1]")]
    [InlineData("workflowId=a%00", "workflowId")]
    [InlineData("owner=%00", "owner")]
    [InlineData("after=yesterday", "after")]
    [InlineData("before=2026-13-01", "before")]
    public async Task A_bad_parameter_is_named(string query, string name) =>
        (await _gateway.User.GetAsync($"/jobs?{query}", Ct).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe([name]);

    private async Task<Guid[]> Submit(HttpClient client, int count)
    {
        var jobs = new Guid[count];
        for (var n = 0; n < count; n++)
        {
            jobs[n] = await _gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } }, client);
        }

        return jobs;
    }

    private static Guid[] Ids(JsonElement page) => [.. page.GetProperty("jobs").EnumerateArray().Select(j => j.GetProperty("jobId").GetGuid())];
}
