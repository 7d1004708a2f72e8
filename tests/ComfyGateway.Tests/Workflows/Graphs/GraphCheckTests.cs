using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows.Graphs;

public sealed class GraphCheckTests
{
    [Theory]
    [InlineData("""{"1": {"class_type": "A", "inputs": {}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {}, "_meta": {"title": "x"}}, "2:3": {"class_type": "B", "inputs": {"a": ["1", 0]}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": ["missing", "0"], "b": [1, 0], "c": ["x", 0, 1], "d": []}}}""")]
    [InlineData("""{"nodes": {"class_type": "A", "inputs": {}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {}}, "2": {"class_type": "B", "inputs": {"a": ["1", 0], "b": ["1", 0]}}, "3": {"class_type": "C", "inputs": {"a": ["1", 0], "b": ["2", 0]}}}""")]
    public void A_good_graph_has_no_problems(string graph) => Problems(graph).ShouldBeEmpty();

    [Theory]
    [InlineData("[]", "g")]
    [InlineData("\"{}\"", "g")]
    [InlineData("null", "g")]
    [InlineData("{}", "g")]
    [InlineData("""{"1": []}""", "g.1")]
    [InlineData("""{"1": null}""", "g.1")]
    [InlineData("""{"1": {"inputs": {}}}""", "g.1.class_type")]
    [InlineData("""{"1": {"class_type": "", "inputs": {}}}""", "g.1.class_type")]
    [InlineData("""{"1": {"class_type": 1, "inputs": {}}}""", "g.1.class_type")]
    [InlineData("""{"1": {"class_type": "A"}}""", "g.1.inputs")]
    [InlineData("""{"1": {"class_type": "A", "inputs": []}}""", "g.1.inputs")]
    [InlineData("""{"1": {"class_type": "A", "inputs": "{{all}}"}}""", "g.1.inputs")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": ["2", 0]}}}""", "g.1.inputs.a")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": ["1", 0]}}}""", "g.1")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": ["2", 0]}}, "2": {"class_type": "A", "inputs": {"a": ["1", 0]}}}""", "g.1")]
    public void A_fault_is_named_by_its_place(string graph, string path) => Problems(graph).ShouldHaveSingleItem().Path.ShouldBe(path);

    [Fact]
    public void The_editor_format_is_known_and_the_way_out_is_told() =>
        Problems("""{"last_node_id": 9, "nodes": [{"id": 1}], "links": [], "version": 0.4}""")
            .ShouldHaveSingleItem().Message.ShouldContain("Export (API)");

    [Fact]
    public void A_link_to_nowhere_names_the_node_that_is_missing() =>
        Problems("""{"1": {"class_type": "A", "inputs": {"a": ["17", 0]}}}""").ShouldHaveSingleItem().Message.ShouldContain("\"17\"");

    [Fact]
    public void A_cycle_is_named_by_a_node_in_it_and_not_by_one_behind_it() =>
        Problems(
            """
            {"0": {"class_type": "A", "inputs": {"a": ["1", 0]}},
             "1": {"class_type": "A", "inputs": {"a": ["2", 0]}},
             "2": {"class_type": "A", "inputs": {"a": ["3", 0]}},
             "3": {"class_type": "A", "inputs": {"a": ["2", 0]}}}
            """).ShouldHaveSingleItem().Path.ShouldBeOneOf("g.2", "g.3");

    [Fact]
    public void All_faults_are_told_at_once() =>
        Problems("""{"1": {"inputs": {}}, "2": {"class_type": "A"}, "3": 1, "4": {"class_type": "A", "inputs": {"a": ["8", 0], "b": ["9", 0]}}}""")
            .Select(p => p.Path).ShouldBe(["g.1.class_type", "g.2.inputs", "g.3", "g.4.inputs.a", "g.4.inputs.b"]);

    [Theory]
    [InlineData(3, true)]
    [InlineData(4, false)]
    public void A_graph_has_a_largest_size(int nodes, bool isAccepted)
    {
        var graph = $"{{{string.Join(',', Enumerable.Range(1, nodes).Select(n => $$$"""
            "{{{n}}}": {"class_type": "A", "inputs": {}}
            """))}}}";

        (GraphCheck.Problems(Json.Of(graph), "g", maxNodes: 3).Count == 0).ShouldBe(isAccepted);
    }

    [Fact]
    public void A_long_chain_is_no_cycle()
    {
        var chain = string.Join(',', Enumerable.Range(1, 1999).Select(n => $$$"""
            "{{{n}}}": {"class_type": "A", "inputs": {"a": ["{{{n - 1}}}", 0]}}
            """));

        Problems($$$"""{"0": {"class_type": "A", "inputs": {} }, {{{chain}}}}""").ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"\ud800": {"class_type": "A", "inputs": {}}}""")]
    [InlineData("""{"1": {"class_type": "\ud800", "inputs": {}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"\udc00": 1}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": "x\ud800"}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": ["\ud800", 0]}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": "x\u0000"}}}""")]
    [InlineData("""{"1": {"class_type": "A", "inputs": {"a": 1e999}}}""")]
    public void What_cannot_be_kept_is_a_problem(string graph) => Problems(graph).ShouldNotBeEmpty();

    [Theory]
    [InlineData("{{b}}", null)]
    [InlineData("{{b|1}}", null)]
    [InlineData("{{d}}", null)]
    [InlineData("{{stesp}}", "did you mean \"steps\"?")]
    [InlineData("{{other}}", "{{other}}")]
    public void A_placeholder_that_no_field_provides_is_a_problem(string token, string? message)
    {
        var template = new Template(System.Text.Json.JsonSerializer.SerializeToElement(new { token }));
        var schema = InputSchema.Parse(Json.Of("""{"fields": {"b": {"type": "string"}, "steps": {"type": "integer"}}}"""));

        var problems = GraphCheck.PlaceholderProblems(template, schema, Json.Members("""{"d": 1}"""));

        problems.Select(p => message is not null && p.Message.Contains(message, StringComparison.Ordinal)).ShouldBe(message is null ? [] : [true]);
    }

    private static IReadOnlyCollection<(string Path, string Message)> Problems(string graph) => GraphCheck.Problems(Json.Of(graph), "g", 2000);
}
