using System.Text.Json;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Events;
using ComfyGateway.Tests.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ComfyGateway.Tests.Dispatch.Runs;

/// <summary>A cancel finds its run from the beginning of the preparation on.</summary>
public sealed class ActiveRunsTests : IDisposable
{
    private readonly AbsentBackend _absent = new();
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create("Host=nowhere");
    private readonly ClusterNotices _notices;
    private readonly ActiveRuns _runs;
    private readonly Job _job =
        new(Guid.CreateVersion7(), "sleep", 1, null, "owner", new Dictionary<string, JsonElement>(), 1000, "", JobStatus.Queued) { PromptId = "prompt", Backend = "first", Attempts = 1 };

    public ActiveRunsTests()
    {
        _notices = new ClusterNotices(_database, Read.From().Settings!, TimeProvider.System, NullLogger<ClusterNotices>.Instance);
        _runs = new ActiveRuns(_notices);
    }

    public void Dispose()
    {
        _runs.Dispose();
        _notices.Dispose();
        _database.Dispose();
        _absent.Dispose();
    }

    [Fact]
    public void A_cancel_that_comes_while_its_job_is_prepared_stops_that_and_holds_for_the_run()
    {
        using var run = Run();
        using var preparation = _runs.Prepare(_job);
        preparation.Canceled.IsCancellationRequested.ShouldBeFalse();

        _runs.Cancel(_job.Id);

        preparation.Canceled.IsCancellationRequested.ShouldBeTrue();
        _runs.Add(run, preparation);
        run.Intent.ShouldBe(RunIntent.Cancel);
    }

    [Fact]
    public void A_cancel_that_came_just_before_the_preparation_holds_for_it()
    {
        _runs.Cancel(_job.Id);

        using var preparation = _runs.Prepare(_job);

        preparation.Canceled.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public void A_job_of_which_a_cancel_is_noted_is_not_worth_preparing()
    {
        using var preparation = _runs.Prepare(_job with { IsCancelRequested = true });

        preparation.Canceled.IsCancellationRequested.ShouldBeTrue();
    }

    [Fact]
    public void A_cancel_finds_a_run_that_was_added()
    {
        using var run = Run();
        using (var preparation = _runs.Prepare(_job))
        {
            _runs.Add(run, preparation);
        }

        run.Intent.ShouldBe(RunIntent.Finish);

        _runs.Cancel(_job.Id);

        run.Intent.ShouldBe(RunIntent.Cancel);
    }

    [Fact]
    public void A_preparation_that_is_over_is_forgotten_and_the_jobs_next_one_is_not()
    {
        var over = _runs.Prepare(_job);
        using var next = _runs.Prepare(_job);
        over.Dispose();

        _runs.Cancel(_job.Id);

        over.Canceled.IsCancellationRequested.ShouldBeFalse();
        next.Canceled.IsCancellationRequested.ShouldBeTrue();
    }

    private JobRun Run()
    {
        var shape = GraphShape.Of(JsonElement.Parse("{}"));
        var board = new ProgressBoard();
        return new JobRun(
            _job, 0, _absent.Backend, "prompt", new JobGraph(default, new HashSet<string>()), board.Begin(_job.Id, new RunProgress("prompt", shape, [], 0)), shape,
            // Nothing is recorded here.
            new RunRecords(null!, board, TimeProvider.System, CancellationToken.None));
    }
}
