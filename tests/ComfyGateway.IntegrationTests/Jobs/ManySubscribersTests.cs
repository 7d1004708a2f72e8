using System.Collections.Concurrent;
using System.Diagnostics;
using ComfyGateway.Jobs;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A job that many follow is read from the store as if one did.</summary>
public sealed class ManySubscribersTests(PostgresFixture postgres)
{
    private const int Subscribers = 200;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_hundred_subscribers_of_a_job_are_one_reader_of_its_events()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var blocker = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);
        await gateway.UntilRunning(blocker);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        using var client = gateway.Client(TestGateway.AdminKey);
        var streams = await Task.WhenAll(Enumerable.Range(0, Subscribers).Select(_ => Follow(client, jobId)));
        using var reads = new EventReads(gateway);

        (await gateway.Admin.PostAsync($"/jobs/{blocker}/cancel", null, Ct)).Dispose();
        var told = await Task.WhenAll(streams.Select(s => s.ReadToEndAsync(Ct)));

        told.ShouldAllBe(t => t.TrimEnd().Split('\n').Last(l => l.StartsWith("event:", StringComparison.Ordinal)) == "event: succeeded");
        told.Select(ChangesOf).Distinct().ShouldHaveSingleItem();
        reads.Statements.ShouldNotBeEmpty();
        reads.Statements.Count.ShouldBeLessThan(Subscribers / 4, string.Join('\n', reads.Statements.Take(3)));
    }

    [Fact]
    public async Task Nothing_is_kept_of_subscribers_that_went_away()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, gateway.Admin);
        using (var client = gateway.Client(TestGateway.AdminKey))
        {
            await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Follow(client, jobId)));
            await Eventually.Holds(() => Task.FromResult(gateway.Part<JobTails>().Count == 1));
        }

        await Eventually.Holds(() => Task.FromResult(gateway.Part<JobTails>().Count == 0));
    }

    /// <summary>Returns once the stream has begun.</summary>
    private static async Task<StreamReader> Follow(HttpClient client, Guid jobId)
    {
        var response = await client.GetAsync($"/jobs/{jobId}/events", HttpCompletionOption.ResponseHeadersRead, Ct);
        return new StreamReader(await response.Content.ReadAsStreamAsync(Ct));
    }

    private static string ChangesOf(string told) => string.Join(' ', told.Split('\n').Where(l => l.StartsWith("id:", StringComparison.Ordinal)));

    /// <summary>The statements that read events, of one gateway.</summary>
    private sealed class EventReads : IDisposable
    {
        private readonly ActivityListener _listener;

        public EventReads(TestGateway gateway)
        {
            var database = new NpgsqlConnectionStringBuilder(gateway.Part<NpgsqlDataSource>().ConnectionString).Database;
            _listener = new ActivityListener
            {
                ShouldListenTo = source => source.Name == "Npgsql",
                Sample = (ref _) => ActivitySamplingResult.AllData,
                ActivityStopped = activity =>
                {
                    var tags = activity.TagObjects.ToDictionary(t => t.Key, t => $"{t.Value}");
                    if (tags.ContainsValue(database!) && tags.Values.FirstOrDefault(v => v.Contains("mt_events", StringComparison.Ordinal)) is { } statement)
                    {
                        Statements.Enqueue(statement);
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public ConcurrentQueue<string> Statements { get; } = new();

        public void Dispose() => _listener.Dispose();
    }
}
