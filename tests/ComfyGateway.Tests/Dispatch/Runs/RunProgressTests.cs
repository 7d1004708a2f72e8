using System.Text.Json;
using ComfyGateway.Dispatch.Runs;
using ComfyUi.Client;

namespace ComfyGateway.Tests.Dispatch.Runs;

public sealed class RunProgressTests
{
    private static readonly GraphShape Shape = GraphShape.Of(JsonElement.Parse(
        """{"1": {"class_type": "EmptyImage", "inputs": {}}, "2": {"class_type": "KSampler", "inputs": {"steps": 8}}, "3": {"class_type": "SaveImage", "inputs": {}}}"""));

    [Fact]
    public void What_was_reached_before_is_where_it_begins_and_goes_on_only_from_there()
    {
        var run = new RunProgress("prompt", Shape, ["1"], reached: 50);
        run.Now.Progress.ShouldBe(50);

        run.Tell(new SocketMessage.Progress("prompt", "2", 2, 8));
        run.Now.Progress.ShouldBe(50);

        run.Tell(new SocketMessage.Progress("prompt", "2", 6, 8));
        run.Now.Progress.ShouldBe(70);
    }

    [Fact]
    public void Nodes_that_are_known_to_have_ended_count_where_nothing_more_was_heard() =>
        new RunProgress("prompt", Shape, ["1"], reached: 0).Now.Progress.ShouldBe(10);
}
