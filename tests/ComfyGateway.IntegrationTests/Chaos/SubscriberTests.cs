using System.Diagnostics;
using System.Globalization;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>Many subscribers on one running job over two gateways, of which one is killed and comes back.</summary>
public sealed class SubscriberTests(PostgresFixture postgres)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Every_subscriber_hears_each_event_once_and_in_order_though_a_gateway_is_killed(bool theOneThatRunsTheJob)
    {
        await using var pair = await GatewayPair.Start(postgres);
        using var first = Client(pair.First.Url);
        using var second = Client(pair.Second.Url);
        var jobId = await pair.First.Submit(new { workflow = Graphs.Sleep(steps: 40, seconds: 8) });
        var subscribers = Enumerable.Range(0, ChaosSettings.Subscribers).Select(n => new Subscriber(n % 2 == 0 ? first : second, jobId)).ToArray();
        var following = subscribers.Select(s => s.Follow()).ToArray();
        await Eventually.Holds(() => Task.FromResult(subscribers.All(s => s.Heard.Any(e => e.EventType == "started"))));

        var watch = Stopwatch.StartNew();
        await (theOneThatRunsTheJob ? pair.First : pair.Second).Kill();
        await (theOneThatRunsTheJob ? pair.RestartFirst() : pair.RestartSecond());
        await Task.WhenAll(following).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        var replay = new Subscriber(first, jobId);
        await replay.Follow();
        // Nodes are recorded together with the end, by whoever saw them end.
        replay.Heard.Select(e => e.EventType).Where(t => t != "node").ShouldBe(["queued", "started", "output", "succeeded"]);
        replay.Heard.Select(e => long.Parse(e.EventId!, CultureInfo.InvariantCulture)).ShouldBeInOrder(SortDirection.Ascending);
        subscribers.ShouldAllBe(s => s.Heard.SequenceEqual(replay.Heard));
        subscribers.Count(s => s.Connections > 1).ShouldBe(subscribers.Length / 2);
        ChaosSettings.Tell(
            $"{subscribers.Length} subscribers heard each event once and in order, {subscribers.Length / 2} of them over a kill of {(theOneThatRunsTheJob ? "the gateway that ran the job" : "the other gateway")}; the job ended {watch.Elapsed.TotalSeconds:0.0} s after it.");
    }

    private static HttpClient Client(Uri url)
    {
        var client = new HttpClient { BaseAddress = url };
        client.DefaultRequestHeaders.Add("X-API-Key", TestGateway.AdminKey);
        return client;
    }
}
