using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Queue;

/// <summary>What is told of four jobs on one slot: one runs, one waits in ComfyUI already, and two behind it.</summary>
public sealed class WaitingTests(GatewayFixture fixture) : GatewayTests(fixture), IAsyncLifetime
{
    private Guid[] _jobs = [];

    public async ValueTask InitializeAsync()
    {
        var jobs = new List<Guid>();
        for (var n = 0; n < 4; n++)
        {
            jobs.Add(await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, Gateway.Admin));
        }

        _jobs = [.. jobs];
        await Gateway.UntilRunning(_jobs[0]);
        await Eventually.Holds(() => Task.FromResult(Gateway.Simulator.Statistics.Snapshot().ReceivedPrompts >= 2));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var job in Enumerable.Reverse(_jobs))
        {
            (await Gateway.Admin.PostAsync($"/jobs/{job}/cancel", null, CancellationToken.None)).Dispose();
        }

        foreach (var job in _jobs)
        {
            await Gateway.End(job);
        }
    }

    [Fact]
    public async Task Each_job_that_has_not_begun_has_a_position_the_first_of_them_also_while_it_waits_in_ComfyUI()
    {
        int?[] positions = [];

        await Eventually.Holds(
            async () =>
            {
                var jobs = await Task.WhenAll(_jobs.Select(id => Gateway.Get($"/jobs/{id}")));
                positions = [.. jobs.Select(j => j.GetProperty("position") is { ValueKind: JsonValueKind.Number } p ? p.GetInt32() : default(int?))];
                return positions is [null, 1, 2, 3];
            },
            otherwise: () => string.Join(' ', positions));
    }

    [Fact]
    public async Task A_job_that_waits_in_ComfyUI_counts_as_queued_and_keeps_no_slot_busy()
    {
        var told = "";

        await Eventually.Holds(
            async () =>
            {
                var health = await Gateway.Get("/health");
                var backend = (await Gateway.Get("/admin/backends")).GetProperty("backends")[0];
                told = $"{health.GetProperty("queue")} {health.GetProperty("backends")[0].GetProperty("busy")} {backend.GetProperty("busy")}";
                return told == """{"queued":3,"running":1} 1 1""";
            },
            otherwise: () => told);
    }
}
