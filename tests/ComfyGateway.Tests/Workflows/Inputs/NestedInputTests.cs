using ComfyGateway.Workflows.Inputs;

namespace ComfyGateway.Tests.Workflows.Inputs;

/// <summary>Arrays and objects as inputs, as JSON Schema describes them.</summary>
public sealed class NestedInputTests
{
    private static readonly InputSchema Schema = InputSchema.Parse(Json.Of(
        """
        {"type": "object", "properties": {
          "loras": {"type": "array", "minItems": 1, "maxItems": 3, "uniqueItems": true, "items": {
            "type": "object", "required": ["name"], "additionalProperties": false, "properties": {
              "name": {"type": "string", "pattern": "\\.safetensors$"},
              "weight": {"type": "number", "minimum": 0, "exclusiveMaximum": 2, "default": 1},
              "layers": {"type": "array", "items": {"type": "integer", "multipleOf": 4}}}}},
          "size": {"type": ["integer", "null"], "exclusiveMinimum": 0},
          "mode": {"const": {"a": [1, 2]}},
          "tile": {"type": "object", "properties": {"x": {"type": "integer"}}},
          "matrix": {"type": "array", "items": {"type": "array", "minItems": 2, "items": {"type": "boolean"}}}}}
        """));

    [Theory]
    [InlineData("""{"loras": [{"name": "a.safetensors"}]}""")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "weight": 0}, {"name": "b.safetensors", "weight": 1.99, "layers": [4, 8.0, -12]}]}""")]
    [InlineData("""{"size": null}""")]
    [InlineData("""{"size": 1}""")]
    [InlineData("""{"mode": {"a": [1, 2.0]}}""")]
    [InlineData("""{"tile": {"x": 1, "anything": "else"}}""")]
    [InlineData("""{"matrix": [[true, false], [false, true, true]]}""")]
    [InlineData("""{"matrix": []}""")]
    public void What_is_as_described_is_accepted(string inputs) => ProblemsOf(inputs).ShouldBeEmpty();

    [Theory]
    [InlineData("""{"loras": {}}""", "inputs.loras", "must be an array")]
    [InlineData("""{"loras": []}""", "inputs.loras", "must have at least 1 items")]
    [InlineData("""{"loras": [1]}""", "inputs.loras[0]", "must be an object")]
    [InlineData("""{"loras": [{"name": "a.safetensors"}, {}]}""", "inputs.loras[1].name", "is required")]
    [InlineData("""{"loras": [{"name": 7}]}""", "inputs.loras[0].name", "must be a string")]
    [InlineData("""{"loras": [{"name": "a.ckpt"}]}""", "inputs.loras[0].name", "must match \\.safetensors$")]
    [InlineData("""{"loras": [{"name": "a.safetensors"}, {"name": "b.safetensors", "weight": "1"}]}""", "inputs.loras[1].weight", "must be a number")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "weight": 2}]}""", "inputs.loras[0].weight", "must be below 2")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "weight": -1}]}""", "inputs.loras[0].weight", "must be at least 0")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "wieght": 1}]}""", "inputs.loras[0].wieght", "is not a member of this object; did you mean \"weight\"?")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "layers": [4, 6]}]}""", "inputs.loras[0].layers[1]", "must be a multiple of 4")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "layers": [4.5]}]}""", "inputs.loras[0].layers[0]", "must be a whole number")]
    [InlineData("""{"loras": [{"name": "a.safetensors"}, {"name": "a.safetensors"}]}""", "inputs.loras", "must not have the same item twice")]
    [InlineData("""{"loras": [{"name": "a.safetensors", "weight": 1}, {"weight": 1.0, "name": "a.safetensors"}]}""", "inputs.loras", "must not have the same item twice")]
    [InlineData("""{"size": 0}""", "inputs.size", "must be above 0")]
    [InlineData("""{"size": "1"}""", "inputs.size", "must be a whole number, or null")]
    [InlineData("""{"mode": {"a": [2, 1]}}""", "inputs.mode", "must be one of {\"a\": [1, 2]}")]
    [InlineData("""{"tile": null}""", "inputs.tile", "must be an object")]
    [InlineData("""{"matrix": [[true, false], [true]]}""", "inputs.matrix[1]", "must have at least 2 items")]
    [InlineData("""{"matrix": [[true, 1]]}""", "inputs.matrix[0][1]", "must be true or false")]
    public void What_is_not_is_named_by_its_path(string inputs, string path, string message) => ProblemsOf(inputs).ShouldBe([(path, message)]);

    [Fact]
    public void Four_items_are_too_many_and_each_wrong_one_is_told()
    {
        var problems = ProblemsOf("""{"loras": [1, 2, 3, 4]}""");

        problems[0].ShouldBe(("inputs.loras", "must have at most 3 items"));
        problems.Skip(1).Select(p => p.Path).ShouldBe(["inputs.loras[0]", "inputs.loras[1]", "inputs.loras[2]", "inputs.loras[3]"]);
    }

    [Fact]
    public void Defaults_within_a_value_are_filled_in_and_whole_numbers_written_plainly()
    {
        var resolution = new InputResolution(Schema);

        var values = resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members("""{"loras": [{"name": "é.safetensors", "layers": [8.0]}]}"""));

        resolution.Problems.ShouldBeEmpty();
        System.Text.Json.JsonElement.DeepEquals(values["loras"], Json.Of("""[{"name": "é.safetensors", "layers": [8], "weight": 1}]""")).ShouldBeTrue();
        values["loras"][0].GetProperty("layers")[0].GetRawText().ShouldBe("8");
    }

    [Fact]
    public void A_long_list_that_is_wrong_everywhere_is_told_twenty_times() =>
        ProblemsOf($$"""{"matrix": [{{string.Join(',', Enumerable.Repeat("1", 5000))}}]}""").Count.ShouldBe(20);

    private static List<(string Path, string Message)> ProblemsOf(string inputs)
    {
        var resolution = new InputResolution(Schema);
        resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members(inputs));
        return [.. resolution.Problems];
    }
}
