using System.Text.Json;
using ComfyGateway.Workflows.Nodes;

namespace ComfyGateway.Tests.Workflows.Nodes;

public sealed class NodeCheckTests
{
    private static readonly NodeCheck Check = new(Backends.Knowing(Backends.Usual("a.safetensors", "b.safetensors")));

    [Fact]
    public void A_graph_that_fits_has_no_findings() =>
        Check.OfGraph(Graph("\"a.safetensors\"", "[\"1\", 0]", "20")).ShouldBeEmpty();

    [Theory]
    [InlineData("\"c.safetensors\"", "[\"1\", 0]", "20", FindingKind.MissingModel, "1.inputs.name")]
    [InlineData("\"c\"", "[\"1\", 0]", "20", FindingKind.InvalidValue, "1.inputs.name")]
    [InlineData("7", "[\"1\", 0]", "20", FindingKind.InvalidValue, "1.inputs.name")]
    [InlineData("\"a.safetensors\"", "[\"1\", 2]", "20", FindingKind.InvalidValue, "2.inputs.model")]
    [InlineData("\"a.safetensors\"", "[\"2\", 0]", "20", FindingKind.InvalidValue, "2.inputs.model")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "0", FindingKind.InvalidValue, "2.inputs.steps")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "\"101\"", FindingKind.InvalidValue, "2.inputs.steps")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "1e400", FindingKind.InvalidValue, "2.inputs.steps")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "\"many\"", FindingKind.InvalidValue, "2.inputs.steps")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "null", FindingKind.InvalidValue, "2.inputs.steps")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "{}", FindingKind.InvalidValue, "2.inputs.steps")]
    public void What_comfyui_would_refuse_is_found(string name, string model, string steps, object kind, string path) =>
        Check.OfGraph(Graph(name, model, steps)).Select(f => ((object)f.Kind, f.Path)).ShouldBe([(kind, path)]);

    [Theory]
    [InlineData("\"a.safetensors\"", "[\"1\", 1]", "20")]
    [InlineData("{\"__value__\": \"a.safetensors\"}", "[\"1\", 0]", "20")]
    [InlineData("[\"3\", 0]", "[\"1\", 0]", "20")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "\"20\"")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "20.7")]
    [InlineData("\"a.safetensors\"", "[\"1\", 0]", "true")]
    public void What_comfyui_takes_is_let_through(string name, string model, string steps) =>
        Check.OfGraph(Graph(name, model, steps)).ShouldBeEmpty();

    [Fact]
    public void An_unknown_class_is_named_with_the_nearest()
    {
        var finding = Check.OfGraph(JsonElement.Parse("""{"1": {"class_type": "Lod", "inputs": {}}}""")).ShouldHaveSingleItem();

        (finding.Kind, finding.Subject).ShouldBe((FindingKind.MissingNode, "Lod"));
        finding.Message.ShouldEndWith("did you mean \"Load\"?");
    }

    [Fact]
    public void An_input_that_is_not_there_is_found_where_it_is_required()
    {
        var findings = Check.OfGraph(JsonElement.Parse("""{"1": {"class_type": "Text", "inputs": {}}, "2": {"class_type": "Save", "inputs": {"images": ["9", 0], "other": 1}}}"""));

        findings.Select(f => f.Path).ShouldBe(["1.inputs.text"]);
    }

    [Fact]
    public void A_graph_without_an_output_node_has_nothing_to_run() =>
        Check.OfGraph(JsonElement.Parse("""{"1": {"class_type": "Text", "inputs": {"text": "x"}}}""")).ShouldHaveSingleItem().Path.ShouldBe("");

    [Theory]
    [InlineData("\"{{name}}\"", "\"{{steps}}\"", "{}", 0)]
    [InlineData("\"{{name}}\"", "\"{{steps}}\"", """{"name": "c.safetensors", "steps": 101}""", 2)]
    [InlineData("\"{{name}}\"", "\"{{steps|101}}\"", "{}", 1)]
    [InlineData("\"models/{{name}}\"", "\"{{big?101:1}}\"", """{"name": "c"}""", 0)]
    [InlineData("\"c\"", "\"{{seed}}\"", """{"seed": -1}""", 1)]
    public void Of_a_template_only_what_is_known_before_a_job_is_looked_at(string name, string steps, string defaults, int findings) =>
        Check.OfTemplate(Graph(name, "[\"1\", 0]", steps), JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(defaults)!).Count.ShouldBe(findings);

    [Fact]
    public void Of_several_backends_together_one_that_accepts_is_enough()
    {
        var several = new NodeCheck(Backends.Knowing(Backends.Usual("b.safetensors"), Backends.Usual("a.safetensors"), []));

        several.OfGraph(Graph("\"a.safetensors\"", "[\"1\", 0]", "20")).ShouldBeEmpty();
    }

    private static JsonElement Graph(string name, string model, string steps) => JsonElement.Parse(
        $$"""
        {"1": {"class_type": "Load", "inputs": {"name": {{name}} } },
         "2": {"class_type": "Run", "inputs": {"model": {{model}}, "steps": {{steps}} } },
         "3": {"class_type": "Text", "inputs": {"text": ["9", 0] } },
         "4": {"class_type": "Save", "inputs": {"images": ["2", 0] } } }
        """);
}
