using System.Text.Json;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;

namespace ComfyGateway.Tests.Dispatch.Slots;

public sealed class LaneRunsTests : IDisposable
{
    private readonly AbsentBackend _absent = new();
    private readonly LaneRuns _runs = new();

    public void Dispose() => _absent.Dispose();

    [Fact]
    public void A_job_that_came_back_is_here_though_what_was_left_of_its_run_before_ends_later()
    {
        var jobId = Guid.CreateVersion7();
        using var before = RunOf(jobId);
        using var now = RunOf(jobId);
        var left = new TaskCompletionSource();
        _runs.AddSent(before);
        _runs.EndSent(before, () => left.Task, Nothing);
        _runs.Prepare(now);

        left.SetResult();

        _runs.Has(jobId).ShouldBeTrue();
    }

    [Fact]
    public void A_job_of_which_nothing_is_left_is_not_here()
    {
        using var run = RunOf(Guid.CreateVersion7());
        _runs.AddSent(run);

        _runs.EndSent(run, () => Task.CompletedTask, Nothing);

        _runs.Has(run.Job.Id).ShouldBeFalse();
        _runs.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public void Nobody_waits_for_the_beginning_of_what_is_left_of_a_run()
    {
        using var run = RunOf(Guid.CreateVersion7());
        var (wasAnswered, wasEmpty) = (false, true);
        _runs.AddSent(run);

        _runs.EndSent(run, () =>
        {
            var other = new Thread(() => wasEmpty = _runs.IsEmpty);
            other.Start();
            wasAnswered = other.Join(TimeSpan.FromSeconds(30));
            return Task.CompletedTask;
        }, Nothing);

        wasAnswered.ShouldBeTrue();
        wasEmpty.ShouldBeFalse("what is left of a run is the lane's from its end on");
    }

    [Fact]
    public void Who_is_told_that_nothing_is_left_of_a_run_finds_the_room_that_it_had()
    {
        // As many as may be left at once.
        var left = Enumerable.Range(0, 16).Select(_ => (Run: RunOf(Guid.CreateVersion7()), Left: new TaskCompletionSource())).ToArray();
        bool? hadRoom = null;
        foreach (var (run, finish) in left)
        {
            _runs.AddSent(run);
            _runs.EndSent(run, () => finish.Task, () => hadRoom ??= _runs.HasRoom);
        }

        _runs.HasRoom.ShouldBeFalse();
        left[0].Left.SetResult();

        hadRoom.ShouldBe(true);
        Array.ForEach(left, l => l.Run.Dispose());
    }

    private static void Nothing()
    {
    }

    private JobRun RunOf(Guid jobId)
    {
        var job = new Job(jobId, "sleep", 1, null, "owner", new Dictionary<string, JsonElement>(), 1000, "", JobStatus.Queued);
        var shape = GraphShape.Of(JsonElement.Parse("{}"));
        var board = new ProgressBoard();
        return new JobRun(
            job, 0, _absent.Backend, Guid.CreateVersion7().ToString(), new JobGraph(default, new HashSet<string>()), board.Begin(jobId, new RunProgress("prompt", shape, [], 0)), shape,
            new RunRecords(null!, board, TimeProvider.System, CancellationToken.None));
    }
}
