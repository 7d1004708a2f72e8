using System.Text.Json;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Tests.Settings;
using ComfyGateway.Workflows;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows;

/// <summary>
/// <c>refusals.jsonl</c>: templates, schemas and inputs that are refused, a line each, with every path and message that a client is told. All of it is part of
/// the API's manners, so a change of it shows here.
/// </summary>
public sealed class RefusalTests
{
    private static readonly JsonElement Graph = Json.Of(
        """
        {"1": {"class_type": "EmptyImage", "inputs": {"width": "{{width|512}}", "height": 512, "batch_size": "{{batch|1}}", "text": "{{prompt}}", "seed": "{{seed}}"}},
         "2": {"class_type": "ImageScaleBy", "inputs": {"image": ["1", 0], "scale_by": "{{scale|1}}"}}}
        """);

    private static readonly JsonElement Schema = Json.Of(
        """
        {"type": "object", "required": ["prompt"], "properties": {
          "prompt": {"type": "string", "minLength": 1, "maxLength": 20, "pattern": "^[a-z]*$"},
          "steps": {"type": "integer", "minimum": 1, "maximum": 100}, "cfg": {"type": "number", "minimum": 0, "exclusiveMaximum": 30, "multipleOf": 0.5},
          "hd": {"type": "boolean"}, "mode": {"enum": ["fast", "fine"]}, "image": {"type": "string", "format": "image"},
          "loras": {"type": "array", "minItems": 1, "maxItems": 2, "uniqueItems": true, "items": {"type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {"name": {"type": "string"}, "weight": {"type": "number", "maximum": 2}}}},
          "width": {"type": "integer", "default": 512}, "batch": {"type": "integer"}, "scale": {"type": "number", "default": 1}, "seed": {"type": "integer", "minimum": 0}}}
        """);

    private static readonly Refusal[] All =
        [.. File.ReadLines(Path.Combine(AppContext.BaseDirectory, "refusals.jsonl")).Select(l => JsonSerializer.Deserialize<Refusal>(l, JsonSerializerOptions.Web)!)];

    public static TheoryData<int> Lines => [.. Enumerable.Range(0, All.Length)];

    [Fact]
    public void The_table_is_long_enough_to_mean_something() => All.Length.ShouldBeGreaterThanOrEqualTo(150);

    [Theory]
    [MemberData(nameof(Lines))]
    public void Each_is_refused_with_its_paths_and_messages(int line)
    {
        var problem = Should.Throw<ProblemException>(() => Try(All[line]), All[line].Given.GetRawText());

        problem.Code.ShouldBe(ProblemCode.ValidationError);
        problem.Errors.SelectMany(e => e.Value.Select(message => $"{e.Key}: {message}")).ShouldBe(All[line].Problems, All[line].Given.GetRawText());
    }

    private static void Try(Refusal refusal)
    {
        var none = new Dictionary<string, JsonElement>();
        switch (refusal.Kind)
        {
            case "graph":
                WorkflowCheck.Require(refusal.Given, null, none, maxNodes: 2000, NodeKnowledge.None);
                break;
            case "schema":
                WorkflowCheck.Require(Json.Of("""{"1": {"class_type": "A", "inputs": {}}}"""), refusal.Given, none, maxNodes: 2000, NodeKnowledge.None);
                break;
            default:
                var given = refusal.Given.EnumerateObject().ToDictionary(m => m.Name, m => m.Value);
                new PreparedWorkflow("w", 1, new Template(Graph), InputSchema.Parse(Schema), none)
                    .Resolve(new JobInputs(given, none), new GraphLimits(Read.Good()), NodeKnowledge.None);
                break;
        }
    }

    internal sealed record Refusal(string Kind, JsonElement Given, string[] Problems);
}
