using System.Text.Json;
using ComfyGateway.Workflows.Graphs;

namespace ComfyGateway.Tests.Workflows;

public sealed class BundledWorkflowTests
{
    private const string OnlyPrompt = """{"prompt": "a harbour"}""";

    private static readonly string[] SharedInputs =
        ["prompt", "negative_prompt", "width", "height", "steps", "cfg", "sampler", "scheduler", "seed", "batch_size", "checkpoint"];

    public static TheoryData<string> Ids => BundledWorkflow.Ids;

    [Fact]
    public void The_three_workflows_are_shipped() =>
        BundledWorkflow.Shipped.ShouldBe(["sdxl_realism_v1", "sprite_transparent_bg", "icon_512"], ignoreOrder: true);

    [Theory]
    [MemberData(nameof(Ids))]
    public void Registration_finds_nothing_wrong(string id)
    {
        var workflow = new BundledWorkflow(id);

        GraphCheck.Problems(workflow.Template.Graph, "workflowJson", 2000).ShouldBeEmpty();
        GraphCheck.PlaceholderProblems(workflow.Template, workflow.Schema, Json.Members("{}")).ShouldBeEmpty();
        workflow.Written.GetProperty("title").GetString().ShouldNotBeNullOrWhiteSpace();
        workflow.Written.GetProperty("description").GetString().ShouldNotBeNullOrWhiteSpace();
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_template_is_written_for_nodes_that_comfyui_has(string id) =>
        Faults(new BundledWorkflow(id).Template.Graph, isRendered: false).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Ids))]
    public void With_a_prompt_alone_comfyui_accepts_every_value(string id) =>
        Faults(new BundledWorkflow(id).Render(OnlyPrompt), isRendered: true).ShouldBeEmpty();

    [Theory]
    [MemberData(nameof(Ids))]
    public void An_output_node_ends_the_graph(string id) =>
        new BundledWorkflow(id).Nodes.ShouldContain(n => NodeClass.Find(n.Value.GetProperty("class_type").GetString()!)!.IsOutput);

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_shared_inputs_are_there_and_only_the_prompt_is_required(string id)
    {
        var fields = new BundledWorkflow(id).Schema.Fields;

        fields.Keys.ShouldBe(id == "icon_512" ? [.. SharedInputs, "upscale"] : SharedInputs, ignoreOrder: true);
        fields.Values.Where(f => f.Required).Select(f => f.Name).ShouldBe(["prompt"]);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void Every_input_has_a_place_in_the_graph(string id)
    {
        var workflow = new BundledWorkflow(id);

        workflow.Template.Tokens.Select(t => t.Name).ShouldBe(workflow.Schema.Fields.Keys, ignoreOrder: true);
    }

    [Theory]
    [InlineData("sdxl_realism_v1", 1024, 30, 7.0)]
    [InlineData("sprite_transparent_bg", 512, 25, 7.5)]
    [InlineData("icon_512", 512, 20, 6.0)]
    public void The_defaults_are_those_that_were_asked_for(string id, int size, int steps, double cfg)
    {
        var fields = new BundledWorkflow(id).Schema.Fields;

        fields["width"].Default!.Value.GetInt32().ShouldBe(size);
        fields["height"].Default!.Value.GetInt32().ShouldBe(size);
        fields["steps"].Default!.Value.GetInt32().ShouldBe(steps);
        fields["cfg"].Default!.Value.GetDouble().ShouldBe(cfg);
        fields["batch_size"].Default!.Value.GetInt32().ShouldBe(1);
        fields["seed"].Default!.Value.GetInt32().ShouldBe(-1);
    }

    [Fact]
    public void The_realism_workflow_asks_for_the_sdxl_base_model() =>
        new BundledWorkflow("sdxl_realism_v1").Schema.Fields["checkpoint"].Default!.Value.GetString().ShouldBe("sd_xl_base_1.0.safetensors");

    [Theory]
    [MemberData(nameof(Ids))]
    public void The_samplers_and_schedulers_are_comfyui_s(string id)
    {
        var fields = new BundledWorkflow(id).Schema.Fields;
        var sampler = NodeClass.Find("KSampler")!;

        fields["sampler"].Enum!.ShouldAllBe(e => sampler.Input("sampler_name")!.Problem(e) == null);
        fields["scheduler"].Enum!.ShouldAllBe(e => sampler.Input("scheduler")!.Problem(e) == null);
    }

    [Fact]
    public void A_sprite_is_saved_with_its_background_transparent()
    {
        var graph = new BundledWorkflow("sprite_transparent_bg").Template.Graph;

        var save = graph.EnumerateObject().Single(n => n.Value.GetProperty("class_type").ValueEquals("SaveImage")).Value;
        var source = graph.GetProperty(GraphLink.From(save.GetProperty("inputs").GetProperty("images"))!);

        source.GetProperty("class_type").GetString().ShouldBe("JoinImageWithAlpha");
    }

    [Theory]
    [InlineData("""{"prompt": "x"}""", 1)]
    [InlineData("""{"prompt": "x", "upscale": false}""", 1)]
    [InlineData("""{"prompt": "x", "upscale": true}""", 2)]
    public void An_icon_is_made_twice_as_large_where_that_is_asked_for(string inputs, int factor)
    {
        var graph = new BundledWorkflow("icon_512").Render(inputs);

        var scaling = graph.EnumerateObject().Single(n => n.Value.GetProperty("class_type").ValueEquals("ImageScaleBy")).Value;
        scaling.GetProperty("inputs").GetProperty("scale_by").GetInt32().ShouldBe(factor);
    }

    private static IEnumerable<string> Faults(JsonElement graph, bool isRendered) =>
        from node in graph.EnumerateObject()
        let type = node.Value.GetProperty("class_type").GetString()!
        from fault in NodeClass.Find(type) is { } known ? Faults(graph, node.Value.GetProperty("inputs"), known, isRendered) : ["is unknown"]
        select $"node {node.Name}, {type}: {fault}";

    private static IEnumerable<string> Faults(JsonElement graph, JsonElement inputs, NodeClass type, bool isRendered) =>
        type.Required.Where(r => !inputs.TryGetProperty(r, out _)).Select(r => $"{r} is missing")
            .Concat(inputs.EnumerateObject()
                .Select(i => (i.Name, Problem: type.Input(i.Name) is { } spec ? Fault(graph, i, spec, isRendered) : "is not an input"))
                .Where(i => i.Problem is not null)
                .Select(i => $"{i.Name} {i.Problem}"));

    private static string? Fault(JsonElement graph, JsonProperty input, NodeInput spec, bool isRendered)
    {
        if (GraphLink.From(input.Value) is { } source)
        {
            var made = NodeClass.Find(graph.GetProperty(source).GetProperty("class_type").GetString()!)!.Output(input.Value[1].GetInt32());
            return made == spec.Type ? null : $"wants {spec.Type} and gets {made}";
        }

        var isOpen = input.Name == "ckpt_name" || (!isRendered && input.Value.GetRawText().Contains("{{", StringComparison.Ordinal));
        return isOpen ? null : spec.Problem(input.Value);
    }
}
