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

    [Theory]
    [InlineData("width", "2049", "must be at most 2048")]
    [InlineData("height", "2049", "must be at most 2048")]
    [InlineData("batch_size", "5", "must be at most 4")]
    [InlineData("width", "\"9_999\"", "must be at most 2048")]
    [InlineData("width", "2048", null)]
    [InlineData("width", "\"wide\"", null)]
    [InlineData("width", "null", null)]
    [InlineData("amount", "5", null)]
    [InlineData("w", "9999", null)]
    public void An_input_of_such_a_name_is_held_to_the_limit_wherever_it_goes(string input, string value, string? message) =>
        Limits().Excesses(Json.Members($$"""{"{{input}}": {{value}} }""")).ShouldBe(message is null ? [] : [(input, message)]);

    [Fact]
    public void The_limits_are_the_operators()
    {
        var graph = Graph("""{"width": 600, "batch_size": 3}""");

        Limits(("MAX_IMAGE_SIZE", "512"), ("MAX_BATCH_SIZE", "2")).Problems(graph, graph).Select(p => p.Message)
            .ShouldBe(["must be at most 512", "must be at most 2"]);
    }

    [Theory]
    [InlineData("""{"c": {"class_type": "PrimitiveInt", "inputs": {"value": 9999}}, "n": {"class_type": "A", "inputs": {"width": ["c", 0]}}}""", "workflow.c.inputs.value", "must be at most 2048")]
    [InlineData("""{"c": {"class_type": "INTConstant", "inputs": {"value": "9999"}}, "n": {"class_type": "A", "inputs": {"height": ["c", 0]}}}""", "workflow.c.inputs.value", "must be at most 2048")]
    [InlineData("""{"b": {"class_type": "PrimitiveInt", "inputs": {"value": 5, "control_after_generate": "fixed"}}, "c": {"class_type": "PrimitiveInt", "inputs": {"value": ["b", 0]}}, "n": {"class_type": "A", "inputs": {"batch_size": ["c", 0]}}}""", "workflow.b.inputs.value", "must be at most 4")]
    public void A_number_that_a_constant_passes_on_is_held_to_the_limit(string graph, string path, string message) =>
        ProblemsOf(graph).ShouldBe([(path, message)]);

    [Theory]
    [InlineData("""{"class_type": "ImageScaleBy", "inputs": {"image": ["i", 0], "scale_by": 2.01}}""", "workflow.n.inputs.scale_by", "2058 x 1029")]
    [InlineData("""{"class_type": "LatentUpscaleBy", "inputs": {"samples": ["i", 0], "scale_by": "4"}}""", "workflow.n.inputs.scale_by", "4096 x 2048")]
    [InlineData("""{"class_type": "ImageScaleToTotalPixels", "inputs": {"image": ["i", 0], "megapixels": 4}}""", "workflow.n.inputs.megapixels", "2896 x 1448")]
    [InlineData("""{"class_type": "ImageScaleToTotalPixels", "inputs": {"image": ["f", 0], "megapixels": 16}}""", "workflow.n.inputs.megapixels", "4096 x 4096")]
    [InlineData("""{"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["i", 0], "upscale_model": ["m", 0]}}""", "workflow.n.inputs.upscale_model", "4096 x 2048")]
    [InlineData("""{"class_type": "RepeatLatentBatch", "inputs": {"samples": ["i", 0], "amount": 3}}""", "workflow.n.inputs.amount", "makes 6 pictures")]
    [InlineData("""{"class_type": "RepeatImageBatch", "inputs": {"image": ["s", 0], "amount": 3}}""", "workflow.n.inputs.amount", "makes 6 pictures")]
    public void What_a_node_makes_of_a_known_size_is_held_to_the_limit(string node, string path, string message)
    {
        var (foundPath, foundMessage) = ProblemsOf(AfterKnownNodes(node)).ShouldHaveSingleItem();

        foundPath.ShouldBe(path);
        foundMessage.ShouldContain(message);
    }

    [Theory]
    [InlineData("""{"class_type": "ImageScaleBy", "inputs": {"image": ["i", 0], "scale_by": 2}}""")]
    [InlineData("""{"class_type": "ImageScaleBy", "inputs": {"image": ["f", 0], "scale_by": 8}}""")]
    [InlineData("""{"class_type": "ImageScaleBy", "inputs": {"image": ["i", 0], "scale_by": ["f", 0]}}""")]
    [InlineData("""{"class_type": "ImageScaleToTotalPixels", "inputs": {"image": ["i", 0], "megapixels": 2}}""")]
    [InlineData("""{"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["f", 0], "upscale_model": ["m", 0]}}""")]
    [InlineData("""{"class_type": "RepeatLatentBatch", "inputs": {"samples": ["i", 0], "amount": 2}}""")]
    public void What_stays_within_it_or_cannot_be_known_passes(string node) => ProblemsOf(AfterKnownNodes(node)).ShouldBeEmpty();

    [Fact]
    public void Only_the_node_that_goes_beyond_the_limit_is_named() => ProblemsOf(
        """
        {"i": {"class_type": "EmptyImage", "inputs": {"width": 1024, "height": 1024, "batch_size": 1}},
         "1": {"class_type": "ImageScaleBy", "inputs": {"image": ["i", 0], "scale_by": 2}},
         "2": {"class_type": "ImageScaleBy", "inputs": {"image": ["1", 0], "scale_by": 2}},
         "3": {"class_type": "ImageScaleBy", "inputs": {"image": ["2", 0], "scale_by": 2}}}
        """).Select(p => p.Path).ShouldBe(["workflow.2.inputs.scale_by"]);

    [Fact]
    public void Two_batches_in_one_are_as_many_as_both() => ProblemsOf(
        """
        {"a": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 3}},
         "b": {"class_type": "EmptyImage", "inputs": {"width": 64, "height": 64, "batch_size": 2}},
         "c": {"class_type": "ImageBatch", "inputs": {"image1": ["a", 0], "image2": ["b", 0]}}}
        """).ShouldHaveSingleItem().Message.ShouldContain("makes 5 pictures");

    // i is 1024 x 512, two of them, s the same once sampled and decoded; f is a file; m makes a picture four times larger.
    private static string AfterKnownNodes(string node) =>
        """
        {"i": {"class_type": "EmptyLatentImage", "inputs": {"width": 1024, "height": 512, "batch_size": 2}},
         "k": {"class_type": "KSampler", "inputs": {"latent_image": ["i", 0]}}, "s": {"class_type": "VAEDecode", "inputs": {"samples": ["k", 0]}},
         "f": {"class_type": "LoadImage", "inputs": {"image": "a.png"}}, "m": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "RealESRGAN_x4plus.pth"}}, "n":
        """ + node + "}";

    private static List<(string Path, string Message)> ProblemsOf(string graph) => [.. Limits().Problems(Json.Of(graph), Json.Of(graph))];

    private static List<(string Path, string Message)> Problems(string inputs)
    {
        var graph = Graph(inputs);
        return [.. Limits().Problems(graph, graph)];
    }

    private static System.Text.Json.JsonElement Graph(string inputs) => Json.Of($$$"""{"n": {"class_type": "A", "inputs": {{{inputs}}}}}""");

    private static GraphLimits Limits(params (string, string)[] settings) => new(Read.Good(settings));
}
