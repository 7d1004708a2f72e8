using System.Net.Http.Json;
using ComfyGateway.Dispatch.Queue;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

/// <summary>A queue that is full says when to come back, from how fast jobs leave it.</summary>
public sealed class QueueFullTests(PostgresFixture postgres)
{
    private static readonly Dictionary<string, string> Small = new() { ["MAX_QUEUE_DEPTH"] = "2", ["LOG_LEVEL"] = "fatal" };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Where_one_job_a_second_leaves_there_is_room_in_about_a_second()
    {
        await using var gateway = await TestGateway.Start(postgres, Small);

        var waits = new List<int>();
        await Eventually.Holds(async () =>
        {
            var wait = await PostUntilFull(gateway, seconds: 1);
            if (gateway.Part<QueueDepth>().Drained is { Jobs: >= 5 })
            {
                waits.Add(wait);
            }

            return waits.Count == 3;
        });

        waits.ShouldAllBe(w => w >= 1 && w <= 4);
    }

    [Fact]
    public async Task Where_none_leaves_the_wait_grows_with_the_time_that_none_left()
    {
        await using var gateway = await TestGateway.Start(postgres, Small);

        (await PostUntilFull(gateway, seconds: 120)).ShouldBeGreaterThanOrEqualTo(5);

        await Eventually.Holds(async () => await PostUntilFull(gateway, seconds: 120) is >= 7 and <= 60);
    }

    [Fact]
    public async Task Of_many_that_come_at_once_no_more_wait_than_may()
    {
        await using var gateway = await TestGateway.Start(postgres, Small);
        await gateway.UntilRunning(await gateway.Submit(new { workflow = Graphs.Sleep(seconds: 120) }, gateway.Admin));

        var codes = await Task.WhenAll(Enumerable.Range(0, 60).Select(async _ =>
        {
            using var response = await gateway.Admin.PostAsJsonAsync("/jobs", new { workflow = Graphs.Sleep(seconds: 120) }, Ct);
            if (!response.IsSuccessStatusCode)
            {
                await Task.FromResult(response).ShouldFail(503, "QUEUE_FULL");
                response.Headers.GetValues("Retry-After").ShouldHaveSingleItem();
            }

            return response.IsSuccessStatusCode;
        }));

        await using var command = gateway.Part<NpgsqlDataSource>().CreateCommand($"select count(*) filter (where slot is null), count(*) from {QueueTable.Name}");
        await using var rows = await command.ExecuteReaderAsync(Ct);
        await rows.ReadAsync(Ct);
        rows.GetInt64(0).ShouldBeLessThanOrEqualTo(2);
        rows.GetInt64(1).ShouldBe(1 + codes.Count(accepted => accepted));
    }

    /// <summary>Fills the queue, and returns what the first post that is refused says of the time to wait.</summary>
    private static async Task<int> PostUntilFull(TestGateway gateway, double seconds)
    {
        while (true)
        {
            using var response = await gateway.Admin.PostAsJsonAsync("/jobs", new { workflow = Graphs.Sleep(seconds: seconds) }, Ct);
            if (response.IsSuccessStatusCode)
            {
                continue;
            }

            await Task.FromResult(response).ShouldFail(503, "QUEUE_FULL");
            return int.Parse(response.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture);
        }
    }
}
