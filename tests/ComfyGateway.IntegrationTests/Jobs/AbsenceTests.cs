using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A ComfyUI that goes away before anybody knows whether it has the prompt, and does not come back.</summary>
public sealed class AbsenceTests(Absences absences) : IClassFixture<Absences>
{
    [Fact]
    public Task A_job_whose_submission_was_not_answered_clearly_runs_elsewhere() => absences.AtSubmission;

    [Fact]
    public Task A_job_that_a_gateway_finds_with_it_runs_elsewhere() => absences.AtStart;

    [Fact]
    public Task A_prompt_that_was_given_up_is_stopped_when_it_is_back_though_an_interrupt_is_lost() => absences.WhileRunning;

    [Fact]
    public Task A_job_that_was_canceled_does_not_wait_for_it() => absences.WhileFetching;
}

/// <summary>What happens to jobs then. All at once, since nothing is decided about a prompt while its server is away for 90 s.</summary>
public sealed class Absences : IAsyncLifetime
{
    private static readonly TimeSpan ForGood = TimeSpan.FromHours(1);

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly PostgresFixture _postgres;

    public Absences(PostgresFixture postgres)
    {
        _postgres = postgres;
        (AtSubmission, AtStart, WhileRunning, WhileFetching) = (GoAwayAtSubmission(), GoAwayAtStart(), GoAwayWhileRunning(), GoAwayWhileFetching());
    }

    public Task AtSubmission { get; }

    public Task AtStart { get; }

    public Task WhileRunning { get; }

    public Task WhileFetching { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    // Each tells its own test how it ended.
    public async ValueTask DisposeAsync() =>
        await Task.WhenAll(AtSubmission, AtStart, WhileRunning, WhileFetching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task GoAwayAtSubmission()
    {
        await using var first = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        await using var gateway = await Start(first, await _postgres.CreateDatabase());
        await Drain(gateway);
        await first.Faults.FailPromptAnswers();
        await first.Faults.SlowHistory(TimeSpan.FromSeconds(5));
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        await Eventually.Holds(() => Task.FromResult(first.Statistics.Snapshot().Prompts.Count == 1));

        await first.Faults.Crash(ForGood);

        await RunsOnSecond(gateway, jobId);
    }

    private async Task GoAwayAtStart()
    {
        await using var first = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        var database = await _postgres.CreateDatabase();
        Guid jobId;
        await using (var before = await Start(first, database))
        {
            await Drain(before);
            jobId = await before.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60) }, before.Admin);
            await before.UntilRunning(jobId);
        }

        await first.Faults.Crash(ForGood);

        await using var gateway = await Start(first, database);
        await RunsOnSecond(gateway, jobId);
    }

    private async Task GoAwayWhileRunning()
    {
        await using var first = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        await using var gateway = await Start(first, await _postgres.CreateDatabase());
        await Drain(gateway);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 3000, seconds: 300) }, gateway.Admin);
        await gateway.UntilRunning(jobId);
        await first.Faults.LoseInterrupts();

        await first.Faults.RefuseConnections(TimeSpan.FromSeconds(95));

        await RunsOnSecond(gateway, jobId);
        await Eventually.Holds(() => Task.FromResult(first.Statistics.Snapshot().FinishedPrompts == 1), TimeSpan.FromSeconds(30));
    }

    private async Task GoAwayWhileFetching()
    {
        await using var first = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        await using var gateway = await Start(first, await _postgres.CreateDatabase());
        await Drain(gateway);
        await first.Faults.SlowView(20);
        var jobId = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        await Eventually.Holds(() => Task.FromResult(first.Statistics.Snapshot().FinishedPrompts == 1));
        (await gateway.Admin.PostAsync($"/jobs/{jobId}/cancel", null, Ct)).Dispose();

        await first.Faults.Crash(ForGood);

        (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("canceled");
    }

    private static async Task Drain(TestGateway gateway)
    {
        await gateway.WorksWithAll();
        (await gateway.Admin.PostAsync("/admin/backends/second/drain", null, Ct)).Dispose();
    }

    private static async Task RunsOnSecond(TestGateway gateway, Guid jobId)
    {
        (await gateway.Admin.PostAsync("/admin/backends/second/resume", null, Ct)).Dispose();
        await Eventually.Holds(
            async () => (await gateway.Get($"/jobs/{jobId}")).GetProperty("backend").GetString() == "second", Patience);
        (await gateway.Get($"/jobs/{jobId}")).GetProperty("attempts").GetInt32().ShouldBe(2);
    }

    private async Task<TestGateway> Start(SimulatorServer first, string database)
    {
        var second = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, Ct);
        return await TestGateway.Start(
            _postgres, second, new Dictionary<string, string> { ["DATABASE_URL"] = database, ["COMFYUI_URL"] = $"first={first.BaseUrl},second={second.BaseUrl}" });
    }
}
