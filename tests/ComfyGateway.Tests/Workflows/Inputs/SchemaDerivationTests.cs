using System.Text.Json;
using ComfyGateway.Tests.Workflows.Nodes;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows.Inputs;

public sealed class SchemaDerivationTests
{
    private static readonly NodeKnowledge Known = Backends.Knowing(Backends.Usual("a", "b"));

    [Theory]
    [InlineData("Run", "steps", "{{x}}", "integer", true)]
    [InlineData("Run", "cfg", "{{x}}", "number", true)]
    [InlineData("Text", "text", "{{x}}", "string", true)]
    [InlineData("Text", "flag", "{{x}}", "boolean", true)]
    [InlineData("Load", "name", "{{x}}", "enum", true)]
    [InlineData("Run", "cfg", "{{x|7}}", "number", false)]
    [InlineData("Run", "steps", "{{x|500}}", "integer", false)]
    [InlineData("Load", "name", "{{x|c}}", "string", false)]
    [InlineData("Run", "steps", "n{{x}}", "string", true)]
    [InlineData("Run", "steps", "{{x?1:2}}", "boolean", true)]
    [InlineData("Run", "model", "{{x}}", "string", true)]
    [InlineData("Run", "other", "{{x}}", "string", true)]
    [InlineData("Other", "steps", "{{x}}", "string", true)]
    public void A_placeholder_has_the_type_of_the_input_that_it_fills(string type, string input, string written, string expected, bool required)
    {
        var field = Derive(Known, (type, input, written)).Fields["x"];

        (field.Type.ToString().ToLowerInvariant(), field.Required).ShouldBe((expected, required));
    }

    [Fact]
    public void Its_range_is_that_of_all_its_places()
    {
        var field = Derive(Known, ("Run", "steps", "{{x}}"), ("Run", "cfg", "{{x}}")).Fields["x"];

        (field.Type, field.Min!.Value.GetRawText(), field.Max!.Value.GetRawText()).ShouldBe((InputType.Integer, "1", "30"));
    }

    [Fact]
    public void A_default_outside_the_range_of_the_node_keeps_the_type_that_it_reads_as() =>
        Derive(Known, ("Run", "steps", "{{x|500}}")).Fields["x"].Max.ShouldBeNull();

    [Fact]
    public void Places_that_have_nothing_in_common_leave_a_string() =>
        Derive(Known, ("Run", "steps", "{{x}}"), ("Text", "text", "{{x}}")).Fields["x"].Type.ShouldBe(InputType.String);

    [Fact]
    public void A_seed_has_the_range_of_the_node_and_may_be_left_out()
    {
        var field = Derive(Known, ("Run", "seed", "{{seed}}")).Fields["seed"];

        (field.Type, field.Required, field.Max!.Value.GetRawText()).ShouldBe((InputType.Integer, false, "18446744073709551615"));
    }

    [Fact]
    public void The_choices_of_all_backends_are_choices()
    {
        var several = Backends.Knowing(Backends.Usual("a"), Backends.Usual("b", "a"));

        Derive(several, ("Load", "name", "{{x}}")).Fields["x"].Enum!.Select(e => e.GetString()).ShouldBe(["a", "b"]);
    }

    [Fact]
    public void Files_that_can_be_uploaded_are_images_and_no_choice()
    {
        var upload = Backends.Input("image", "COMBO", options: ["a.png"]) with { TakesUploads = true };
        var nodes = Backends.Knowing(new Dictionary<string, BackendNode> { ["LoadImage"] = Backends.Node(["IMAGE"], upload) });

        Derive(nodes, ("LoadImage", "image", "{{x}}")).Fields["x"].ShouldSatisfyAllConditions(f => f.Type.ShouldBe(InputType.Image), f => f.Required.ShouldBeTrue());
    }

    [Theory]
    [InlineData("LoadImage", "image", "{{x}}", InputType.Image)]
    [InlineData("LoadImageMask", "image", "{{x}}", InputType.Image)]
    [InlineData("LoadAudio", "audio", "{{x}}", InputType.Image)]
    [InlineData("LoadImage", "image", "{{x|example.png}}", InputType.Image)]
    [InlineData("LoadImage", "image", "{{x}}.png", InputType.String)]
    [InlineData("LoadImageMask", "channel", "{{x}}", InputType.String)]
    [InlineData("Other", "image", "{{x}}", InputType.String)]
    public void ComfyUIs_own_nodes_take_files_even_before_one_has_told_so(string type, string input, string written, object expected) =>
        Derive(NodeKnowledge.None, (type, input, written)).Fields["x"].Type.ShouldBe((InputType)expected);

    [Fact]
    public void What_is_shown_can_be_sent_back_as_a_schema()
    {
        var derived = Derive(Known, ("Run", "steps", "{{steps|4}}"), ("Load", "name", "{{name}}"), ("Run", "seed", "{{seed}}"), ("Text", "text", "{{nothing|null}}"));

        var read = InputSchema.Parse(derived.Written());

        read.Written().GetProperty("fields").GetProperty("steps").GetProperty("max").GetInt32().ShouldBe(100);
        read.Fields.Keys.Order().ShouldBe(derived.Fields.Keys.Order());
    }

    [Fact]
    public void Without_guesses_a_value_of_any_type_may_come()
    {
        var field = Derive(NodeKnowledge.None, ("Run", "steps", "{{x}}")).WithoutGuesses().Fields["x"];

        field.Check(JsonElement.Parse("20")).Problem.ShouldBeNull();
        field.Required.ShouldBeTrue();
    }

    private static InputSchema Derive(NodeKnowledge nodes, params (string Class, string Input, string Written)[] places)
    {
        var graph = places.Select((p, i) => (Id: $"{i}", Node: new { class_type = p.Class, inputs = new Dictionary<string, string> { [p.Input] = p.Written } }));
        return InputSchema.Derive(new Template(JsonSerializer.SerializeToElement(graph.ToDictionary(n => n.Id, n => n.Node))), nodes);
    }
}
