using System.Text.Json;
using ComfyGateway.Workflows.Inputs;

namespace ComfyGateway.Tests.Workflows.Inputs;

public sealed class InputResolutionTests
{
    private const string None = "{}";

    [Theory]
    [InlineData(None, None, None, 1)]
    [InlineData("""{"a": 2}""", None, None, 2)]
    [InlineData("""{"a": 2}""", """{"a": 3}""", None, 3)]
    [InlineData("""{"a": 2}""", """{"a": 3}""", """{"a": 4}""", 4)]
    [InlineData(None, """{"a": 3}""", """{"a": 4}""", 4)]
    [InlineData("""{"a": 2}""", None, """{"a": 4}""", 4)]
    public void Later_layers_win(string defaultParams, string parameters, string inputs, int expected)
    {
        var resolution = new InputResolution(Schema("""{"a": {"type": "integer", "default": 1}}"""));

        var values = resolution.Resolve(Json.Members(defaultParams), Json.Members(parameters), Json.Members(inputs));

        resolution.Problems.ShouldBeEmpty();
        values["a"].GetInt32().ShouldBe(expected);
    }

    [Theory]
    [InlineData("string", "\"x\"", null)]
    [InlineData("string", "1", "must be a string")]
    [InlineData("string", "true", "must be a string")]
    [InlineData("string", "null", "must be a string")]
    [InlineData("boolean", "true", null)]
    [InlineData("boolean", "\"true\"", "must be true or false")]
    [InlineData("boolean", "1", "must be true or false")]
    [InlineData("number", "1.5", null)]
    [InlineData("number", "1", null)]
    [InlineData("number", "\"1\"", "must be a number")]
    [InlineData("number", "1e400", "is out of range")]
    [InlineData("integer", "12", null)]
    [InlineData("integer", "12.5", "must be a whole number")]
    [InlineData("integer", "\"12\"", "must be a whole number")]
    [InlineData("integer", "true", "must be a whole number")]
    [InlineData("integer", "null", "must be a whole number")]
    [InlineData("integer", "18446744073709551615", null)]
    [InlineData("integer", "18446744073709551616", "must be a whole number from -9223372036854775808 to 18446744073709551615")]
    [InlineData("integer", "18446744073709551614.5", "must be a whole number")]
    [InlineData("integer", "-9223372036854775808", null)]
    [InlineData("integer", "-9223372036854775809", "must be a whole number from -9223372036854775808 to 18446744073709551615")]
    public void Types_are_strict(string type, string value, string? problem) =>
        Problem($$"""{"type": "{{type}}"}""", value).ShouldBe(problem);

    [Theory]
    [InlineData("12", "12")]
    [InlineData("12.0", "12")]
    [InlineData("1.2e1", "12")]
    [InlineData("-0", "-0")]
    [InlineData("18446744073709551615", "18446744073709551615")]
    [InlineData("18446744073709551615.0", "18446744073709551615")]
    [InlineData("1.8446744073709551615e19", "18446744073709551615")]
    [InlineData("9007199254740993", "9007199254740993")]
    public void Whole_numbers_are_exact_and_written_plainly(string given, string expected) =>
        Resolve("""{"a": {"type": "integer"}}""", $$"""{"a": {{given}}}""").Values["a"].GetRawText().ShouldBe(expected);

    [Theory]
    [InlineData("""{"type": "integer", "min": 1, "max": 3}""", "1", null)]
    [InlineData("""{"type": "integer", "min": 1, "max": 3}""", "3", null)]
    [InlineData("""{"type": "integer", "min": 1, "max": 3}""", "0", "must be at least 1")]
    [InlineData("""{"type": "integer", "min": 1, "max": 3}""", "4", "must be at most 3")]
    [InlineData("""{"type": "integer", "max": 18446744073709551614}""", "18446744073709551615", "must be at most 18446744073709551614")]
    [InlineData("""{"type": "number", "min": 0.1}""", "0.09999", "must be at least 0.1")]
    [InlineData("""{"type": "number", "max": 1e300}""", "1e301", "must be at most 1e300")]
    [InlineData("""{"type": "string", "minLength": 1}""", "\"\"", "must have at least 1 characters")]
    [InlineData("""{"type": "string", "maxLength": 2}""", "\"abc\"", "must have at most 2 characters")]
    [InlineData("""{"type": "string", "maxLength": 1}""", "\"🦊\"", null)]
    [InlineData("""{"type": "string", "pattern": "^[a-z]+$"}""", "\"abc\"", null)]
    [InlineData("""{"type": "string", "pattern": "^[a-z]+$"}""", "\"ABC\"", "must match ^[a-z]+$")]
    [InlineData("""{"type": "enum", "enum": ["a", 1]}""", "\"a\"", null)]
    [InlineData("""{"type": "enum", "enum": ["a", 1]}""", "1.0", null)]
    [InlineData("""{"type": "enum", "enum": ["a", 1]}""", "\"A\"", "must be one of \"a\", 1")]
    [InlineData("""{"type": "integer", "enum": [1, 2]}""", "2.0", null)]
    [InlineData("""{"type": "integer", "enum": [1, 2]}""", "3", "must be one of 1, 2")]
    public void Bounds_are_inclusive_and_named(string field, string value, string? problem) => Problem(field, value).ShouldBe(problem);

    [Fact]
    public void A_required_input_that_is_absent_is_named() =>
        Resolve("""{"a": {"type": "string", "required": true}}""", None).Problems.ShouldBe([("inputs.a", "is required")]);

    [Fact]
    public void A_name_that_is_not_known_is_refused_with_the_nearest() =>
        Resolve("""{"steps": {"type": "integer"}}""", """{"step": 1}""").Problems
            .ShouldBe([("inputs.step", "is not an input of this workflow; did you mean \"steps\"?")]);

    [Fact]
    public void Problems_name_the_layer_that_the_value_came_in()
    {
        var resolution = new InputResolution(Schema("""{"a": {"type": "integer"}, "b": {"type": "integer"}}"""));

        resolution.Resolve(Json.Members("{}"), Json.Members("""{"a": "x", "c": 1}"""), Json.Members("""{"b": "x"}"""));

        resolution.Problems.Select(p => p.Path).ShouldBe(["params.c", "params.a", "inputs.b"]);
    }

    [Fact]
    public void Other_names_are_kept_where_json_schema_allows_them()
    {
        var resolution = new InputResolution(InputSchema.Parse(Json.Of("""{"properties": {}, "additionalProperties": true}""")));

        var values = resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members("""{"any": [1]}"""));

        resolution.Problems.ShouldBeEmpty();
        values["any"].GetRawText().ShouldBe("[1]");
    }

    [Theory]
    [InlineData("""{"a": "x\u0000"}""", "inputs.a")]
    [InlineData("""{"a": "\ud800"}""", "inputs.a")]
    [InlineData("""{"a": "\udc00\ud800"}""", "inputs.a")]
    [InlineData("""{"b": ["x", {"c": "\ud83e"}]}""", "inputs.b[1].c")]
    [InlineData("""{"b": {"\udc00": 1}}""", "inputs.b")]
    [InlineData("""{"b": [1, 1e999]}""", "inputs.b[1]")]
    [InlineData("""{"c": "\ud800"}""", "inputs.c")]
    public void What_cannot_be_kept_is_refused_by_its_path(string inputs, string path)
    {
        var schema = Json.Of("""{"properties": {"a": {"type": "string", "maxLength": 5, "pattern": "."}, "b": {}, "c": {"enum": ["x"]}}}""");
        var resolution = new InputResolution(InputSchema.Parse(schema));

        resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members(inputs));

        resolution.Problems.Select(p => p.Path).Distinct().ShouldBe([path]);
    }

    [Fact]
    public void A_layer_that_is_given_once_is_checked_by_itself() =>
        InputResolution.LayerProblems(
                Schema("""{"a": {"type": "integer", "required": true}, "p": {"type": "string", "required": true}, "seed": {"type": "integer", "min": 0}}"""),
                Json.Members("""{"a": "x", "steps": 1, "seed": -1}"""), "defaultParams")
            .Select(p => p.Path).ShouldBe(["defaultParams.steps", "defaultParams.a"]);

    private static string? Problem(string field, string value) =>
        Resolve($$"""{"a": {{field}}}""", $$"""{"a": {{value}}}""").Problems.Select(p => p.Message).FirstOrDefault();

    private static (IReadOnlyDictionary<string, JsonElement> Values, IReadOnlyCollection<(string Path, string Message)> Problems) Resolve(
        string fields, string inputs)
    {
        var resolution = new InputResolution(Schema(fields));
        return (resolution.Resolve(Json.Members("{}"), Json.Members("{}"), Json.Members(inputs)), resolution.Problems);
    }

    private static InputSchema Schema(string fields) => InputSchema.Parse(Json.Of($$"""{"fields": {{fields}}}"""));
}
