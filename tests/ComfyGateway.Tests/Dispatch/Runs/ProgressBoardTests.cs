using System.Text.Json;
using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Tests.Dispatch.Runs;

public sealed class ProgressBoardTests
{
    [Fact]
    public void The_end_of_a_run_does_not_hide_the_next_of_the_same_job_that_has_begun()
    {
        var (board, jobId) = (new ProgressBoard(), Guid.CreateVersion7());
        var shape = GraphShape.Of(JsonElement.Parse("""{"1": {"class_type": "EmptyImage", "inputs": {}}}"""));
        var before = board.Begin(jobId, new RunProgress("first", shape, [], 0));
        var now = board.Begin(jobId, new RunProgress("second", shape, [], 0));

        board.End(jobId, before);

        board.Find(jobId).ShouldBeSameAs(now);
        board.End(jobId, now);
        board.Find(jobId).ShouldBeNull();
    }
}
