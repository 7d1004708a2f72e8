using System.Text;
using ComfyGateway.Dispatch.Runs;
using ComfyUi.Client;

namespace ComfyGateway.Tests.Dispatch.Runs;

public sealed class JobGraphTests
{
    private static readonly ObjectInfo Known = new(new Dictionary<string, NodeType>
    {
        ["EmptyImage"] = Class("EmptyImage", isOutput: false),
        ["SaveImage"] = Class("SaveImage", isOutput: true),
        ["PreviewImage"] = Class("PreviewImage", isOutput: true),
    });

    [Fact]
    public void Outputs_that_a_server_does_not_run_are_left_out_and_those_that_it_runs_are_not()
    {
        var graph = Graph("""{"1": {"class_type": "EmptyImage"}, "2": {"class_type": "SaveImage"}, "9": {"class_type": "SaveImage"}}""");

        graph.LeftOut(Known, ["2"]).ShouldBe([("9", "SaveImage")]);
        graph.LeftOut(Known, ["9", "2"]).ShouldBeEmpty();
    }

    [Fact]
    public void A_node_of_which_nobody_knows_whether_it_is_an_output_is_not_left_out() =>
        Graph("""{"2": {"class_type": "SaveImage"}, "3": {"class_type": "SaveToTheMoon"}}""").LeftOut(Known, ["2"]).ShouldBeEmpty();

    [Fact]
    public void A_node_that_sends_over_the_socket_counts_as_what_it_is_sent_as() =>
        Graph("""{"2": {"class_type": "SaveImage"}, "3": {"class_type": "SaveImageWebsocket"}}""").LeftOut(Known, ["2"]).ShouldBe([("3", "PreviewImage")]);

    private static JobGraph Graph(string json) => JobGraph.From(Encoding.UTF8.GetBytes(json));

    private static NodeType Class(string name, bool isOutput) => new(name, name, null, [], [], isOutput);
}
