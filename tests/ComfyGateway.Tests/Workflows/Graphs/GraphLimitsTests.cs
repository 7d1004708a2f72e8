using ComfyGateway.Tests.Settings;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows.Graphs;

public sealed class GraphLimitsTests
{
    [Theory]
    [InlineData("""{"width": 2048, "height": 2048, "batch_size": 4}""")]
    [InlineData("""{"width": "2048", "height": ["1", 0], "batch_size": true}""")]
    [InlineData("""{"width": -9999, "max_width": 9999, "steps": 9999}""")]
    public void What_is_within_the_limits_passes(string inputs) => Problems(inputs).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"width": 2049}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"height": 2048.5}""", "workflow.n.inputs.height", "must be at most 2048")]
    [InlineData("""{"batch_size": 5}""", "workflow.n.inputs.batch_size", "must be at most 4")]
    [InlineData("""{"amount": 5}""", "workflow.n.inputs.amount", "must be at most 4")]
    [InlineData("""{"width": 1e300}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": "9999"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": " 9999\n"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": "9_999"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": "+9999"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": "９９９９"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": "٩٩٩٩"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": "\u20079999\u3000"}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": {"__value__": 9999}}""", "workflow.n.inputs.width", "must be at most 2048")]
    [InlineData("""{"width": {"__value__": "9999"}}""", "workflow.n.inputs.width", "must be at most 2048")]
    public void What_comfyui_would_take_for_more_is_refused(string inputs, string path, string message) =>
        Problems(inputs).ShouldBe([(path, message)]);

    [Theory]
    [InlineData("{{w}}", "inputs.w")]
    [InlineData("{{ how_wide|64 }}", "inputs.how_wide")]
    [InlineData("{{w}}{{w}}", "workflow.n.inputs.width")]
    [InlineData("9{{w}}", "workflow.n.inputs.width")]
    public void A_limit_holds_whatever_the_placeholder_is_called(string token, string path)
    {
        var template = new Template(Json.Of($$$"""{"n": {"class_type": "A", "inputs": {"width": "{{{token}}}"} } }"""));
        var rendered = Json.Of(template.Render(Json.Members("""{"w": 9999, "how_wide": 9999}""")));

        Limits().Problems(rendered, template.Graph).ShouldBe([(path, "must be at most 2048")]);
    }

    [Fact]
    public void The_limits_are_the_operators()
    {
        var graph = Graph("""{"width": 600, "batch_size": 3}""");

        Limits(("MAX_IMAGE_SIZE", "512"), ("MAX_BATCH_SIZE", "2")).Problems(graph, graph).Select(p => p.Message)
            .ShouldBe(["must be at most 512", "must be at most 2"]);
    }

    private static List<(string Path, string Message)> Problems(string inputs)
    {
        var graph = Graph(inputs);
        return [.. Limits().Problems(graph, graph)];
    }

    private static System.Text.Json.JsonElement Graph(string inputs) => Json.Of($$$"""{"n": {"class_type": "A", "inputs": {{{inputs}}}}}""");

    private static GraphLimits Limits(params (string, string)[] settings) => new(Read.Good(settings));
}
