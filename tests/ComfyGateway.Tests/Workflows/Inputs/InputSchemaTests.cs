using ComfyGateway.Workflows.Inputs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows.Inputs;

public sealed class InputSchemaTests
{
    [Fact]
    public void The_form_with_fields_is_read()
    {
        var schema = InputSchema.Parse(Json.Of(
            """
            {"type": "object", "title": "T", "fields": {
              "prompt": {"type": "string", "required": true, "minLength": 1, "maxLength": 9, "pattern": "^a", "description": "D"},
              "steps": {"type": "integer", "default": 20, "min": 1, "max": 100},
              "sampler": {"type": "enum", "enum": ["euler", "heun"], "default": "heun"}}}
            """));

        schema.AllowsOthers.ShouldBeFalse();
        schema.Fields.Keys.ShouldBe(["prompt", "steps", "sampler"]);
        var (prompt, steps, sampler) = (schema.Fields["prompt"], schema.Fields["steps"], schema.Fields["sampler"]);
        prompt.ShouldSatisfyAllConditions(
            f => f.Type.ShouldBe(InputType.String), f => f.Required.ShouldBeTrue(), f => f.MinLength.ShouldBe(1), f => f.MaxLength.ShouldBe(9),
            f => f.Pattern!.ToString().ShouldBe("^a"));
        steps.ShouldSatisfyAllConditions(
            f => f.Type.ShouldBe(InputType.Integer), f => f.Required.ShouldBeFalse(), f => f.Default!.Value.GetInt32().ShouldBe(20),
            f => f.Min!.Value.GetInt32().ShouldBe(1), f => f.Max!.Value.GetInt32().ShouldBe(100));
        sampler.Enum!.Select(e => e.GetString()).ShouldBe(["euler", "heun"]);
    }

    [Fact]
    public void The_form_of_json_schema_is_read()
    {
        var schema = InputSchema.Parse(Json.Of(
            """
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["prompt"], "additionalProperties": true, "properties": {
              "prompt": {"type": "string"},
              "cfg": {"type": "number", "minimum": 0.5, "maximum": 30, "default": 7},
              "mode": {"enum": ["a", 1]},
              "fixed": {"const": true},
              "free": {}}}
            """));

        schema.AllowsOthers.ShouldBeTrue();
        schema.Fields["prompt"].Required.ShouldBeTrue();
        schema.Fields["cfg"].Min!.Value.GetDouble().ShouldBe(0.5);
        schema.Fields["cfg"].Required.ShouldBeFalse();
        schema.Fields["mode"].Type.ShouldBe(InputType.Enum);
        schema.Fields["fixed"].Enum.ShouldHaveSingleItem().GetBoolean().ShouldBeTrue();
        schema.Fields["free"].Type.ShouldBe(InputType.Any);
    }

    [Theory]
    [InlineData("[]", "inputSchema")]
    [InlineData("{}", "inputSchema")]
    [InlineData("""{"fields": {}, "properties": {}}""", "inputSchema")]
    [InlineData("""{"fields": []}""", "inputSchema.fields")]
    [InlineData("""{"type": "array", "fields": {}}""", "inputSchema.type")]
    [InlineData("""{"type": 1, "fields": {}}""", "inputSchema.type")]
    [InlineData("""{"fields": {}, "required": ["a"]}""", "inputSchema.required")]
    [InlineData("""{"fields": {}, "additionalProperties": true}""", "inputSchema.additionalProperties")]
    [InlineData("""{"fields": {"a": 1}}""", "inputSchema.fields.a")]
    [InlineData("""{"properties": {"a": true}}""", "inputSchema.properties.a")]
    [InlineData("""{"properties": {}, "required": "a"}""", "inputSchema.required")]
    [InlineData("""{"properties": {}, "required": [1]}""", "inputSchema.required")]
    [InlineData("""{"properties": {}, "required": ["a"]}""", "inputSchema.required")]
    [InlineData("""{"properties": {}, "additionalProperties": {}}""", "inputSchema.additionalProperties")]
    [InlineData("""{"properties": {}, "patternProperties": {}}""", "inputSchema.patternProperties")]
    [InlineData("""{"properties": {}, "allOf": []}""", "inputSchema.allOf")]
    [InlineData("""{"properties": {}, "$ref": "#"}""", "inputSchema.$ref")]
    [InlineData("""{"properties": {}, "$defs": {}}""", "inputSchema.$defs")]
    public void A_schema_that_would_not_be_honoured_is_refused(string schema, string path) =>
        Json.RefusedBy(() => InputSchema.Parse(Json.Of(schema))).Keys.ShouldBe([path]);

    [Theory]
    [InlineData("""{"type": "text"}""", "type")]
    [InlineData("""{"type": ["string", "null"]}""", "type")]
    [InlineData("""{"type": null}""", "type")]
    [InlineData("""{"type": "string", "minimum": 1}""", "minimum")]
    [InlineData("""{"type": "string", "maximum": 1}""", "maximum")]
    [InlineData("""{"type": "number", "multipleOf": 8}""", "multipleOf")]
    [InlineData("""{"type": "number", "exclusiveMinimum": 0}""", "exclusiveMinimum")]
    [InlineData("""{"type": "string", "const": "a"}""", "const")]
    [InlineData("""{"type": "string", "items": {}}""", "items")]
    [InlineData("""{"type": "string", "requried": true}""", "requried")]
    [InlineData("""{"type": "string", "required": "yes"}""", "required")]
    [InlineData("""{"type": "number", "min": "1"}""", "min")]
    [InlineData("""{"type": "number", "max": null}""", "max")]
    [InlineData("""{"type": "string", "minLength": -1}""", "minLength")]
    [InlineData("""{"type": "string", "maxLength": 1.5}""", "maxLength")]
    [InlineData("""{"type": "string", "maxLength": 4294967296}""", "maxLength")]
    [InlineData("""{"type": "string", "enum": []}""", "enum")]
    [InlineData("""{"type": "string", "enum": "a"}""", "enum")]
    [InlineData("""{"type": "string", "pattern": 1}""", "pattern")]
    [InlineData("""{"type": "string", "pattern": "("}""", "pattern")]
    [InlineData("""{"type": "string", "pattern": "(a)\\1"}""", "pattern")]
    [InlineData("""{"type": "string", "pattern": "(?=a)"}""", "pattern")]
    [InlineData("""{"type": "string", "pattern": "(?<!a)b"}""", "pattern")]
    [InlineData("""{"type": "string", "default": 1}""", "default")]
    [InlineData("""{"type": "integer", "default": 1.5}""", "default")]
    [InlineData("""{"type": "integer", "default": -1}""", null)]
    [InlineData("""{"type": "integer", "min": 1, "default": 0}""", "default")]
    [InlineData("""{"type": "enum", "enum": ["a"], "default": "b"}""", "default")]
    [InlineData("""{"type": "string", "default": "\ud800"}""", "default")]
    public void A_field_that_would_not_be_honoured_is_refused(string field, string? member) =>
        ProblemsOf($$$"""{"fields": {"a": {{{field}}}}}""").ShouldBe(member is null ? [] : [$"inputSchema.fields.a.{member}"]);

    [Theory]
    [InlineData("""{"type": "string", "min": 1}""", "min")]
    [InlineData("""{"type": "string", "max": 1}""", "max")]
    [InlineData("""{"type": "enum", "enum": ["a"]}""", "type")]
    [InlineData("""{"type": "string", "required": true}""", "required")]
    [InlineData("""{"anyOf": []}""", "anyOf")]
    [InlineData("""{"type": "array", "prefixItems": []}""", "prefixItems")]
    [InlineData("""{"type": "array", "contains": {}}""", "contains")]
    [InlineData("""{"type": "array", "items": []}""", "items")]
    [InlineData("""{"type": "array", "items": true}""", "items")]
    [InlineData("""{"type": "array", "items": {"$ref": "#"}}""", "items.$ref")]
    [InlineData("""{"type": "array", "minItems": -1}""", "minItems")]
    [InlineData("""{"type": "array", "uniqueItems": 1}""", "uniqueItems")]
    [InlineData("""{"type": "array", "items": {"type": "integer"}, "default": [1, "2"]}""", "default")]
    [InlineData("""{"type": "object", "additionalProperties": {}}""", "additionalProperties")]
    [InlineData("""{"type": "object", "patternProperties": {}}""", "patternProperties")]
    [InlineData("""{"type": "object", "properties": []}""", "properties")]
    [InlineData("""{"type": "object", "properties": {"b": {"type": "text"}}}""", "properties.b.type")]
    [InlineData("""{"type": "object", "properties": {"b": {}}, "required": ["c"]}""", "required")]
    [InlineData("""{"type": "object", "properties": {"b": {"type": "string", "format": "image"}}}""", "properties.b.format")]
    [InlineData("""{"type": "number", "multipleOf": 0}""", "multipleOf")]
    [InlineData("""{"type": "number", "exclusiveMinimum": true}""", "exclusiveMinimum")]
    [InlineData("""{"type": ["string", "integer"]}""", "type")]
    [InlineData("""{"type": ["null"]}""", "type")]
    [InlineData("""{"type": "null"}""", "type")]
    [InlineData("""{"type": "string", "format": "image", "default": "upload:0198c0de-0000-7000-8000-000000000000"}""", "default")]
    public void A_property_that_would_not_be_honoured_is_refused(string property, string member) =>
        ProblemsOf($$$"""{"properties": {"a": {{{property}}}}}""").ShouldBe([$"inputSchema.properties.a.{member}"]);

    [Theory]
    [InlineData("""{"type": "enum"}""")]
    [InlineData("""{"type": "integer", "min": 2, "max": 1}""")]
    [InlineData("""{"type": "integer", "min": 18446744073709551615, "max": 18446744073709551614}""")]
    [InlineData("""{"type": "string", "minLength": 2, "maxLength": 1}""")]
    [InlineData("""{"type": "integer", "enum": ["a", "b"]}""")]
    [InlineData("""{"type": "number", "min": 5, "enum": [1, 2]}""")]
    public void A_field_that_accepts_nothing_is_refused(string field) =>
        ProblemsOf($$$"""{"fields": {"a": {{{field}}}}}""").ShouldBe(["inputSchema.fields.a"]);

    [Theory]
    [InlineData("""{"type": "string", "min": 1, "max": 2}""", "min", "max")]
    [InlineData("""{"type": "integer", "minLength": 1}""", "minLength")]
    [InlineData("""{"type": "number", "maxLength": 1, "pattern": "a"}""", "maxLength", "pattern")]
    [InlineData("""{"type": "boolean", "min": 0, "pattern": "a"}""", "min", "pattern")]
    [InlineData("""{"type": "image", "max": 1}""", "max")]
    [InlineData("""{"type": "enum", "enum": ["a"], "min": 1}""", "min")]
    [InlineData("""{"type": "enum", "enum": [1, 2], "min": 2, "maxLength": 1}""", "maxLength")]
    [InlineData("""{"type": "enum", "enum": [1, "a"], "min": 1, "maxLength": 1}""")]
    [InlineData("""{"min": 1, "max": 2, "minLength": 1, "maxLength": 2, "pattern": "a"}""")]
    public void A_bound_that_holds_no_value_of_the_field_is_refused_in_a_new_schema_only(string field, params string[] keywords)
    {
        var schema = Json.Of($$$"""{"fields": {"a": {{{field}}}}}""");

        InputSchema.ParseAccepted(schema).Fields.Keys.ShouldBe(["a"]);
        if (keywords.Length > 0)
        {
            Json.RefusedBy(() => InputSchema.Parse(schema)).Keys.ShouldBe(keywords.Select(k => $"inputSchema.fields.a.{k}"));
        }
        else
        {
            InputSchema.Parse(schema);
        }
    }

    [Fact]
    public void Every_fault_is_told_at_once() =>
        ProblemsOf("""{"type": 1, "fields": {"a": {"type": "text", "min": "x"}, "b": 1}}""").ShouldBe(
            ["inputSchema.type", "inputSchema.fields.a.type", "inputSchema.fields.a.min", "inputSchema.fields.b"], ignoreOrder: true);

    [Theory]
    [InlineData("""{"fields": {"a\u0000": {"type": "string"}}}""")]
    [InlineData("""{"fields": {"\ud800": {"type": "string"}}}""")]
    [InlineData("""{"properties": {"\ud800": {"type": "string"}}, "required": ["\ud800"]}""")]
    [InlineData("""{"fields": {"a": {"type": "enum", "enum": ["\udc00"], "default": "\udc00"}}}""")]
    [InlineData("""{"fields": {"a": {"type": "string", "pattern": "\ud800"}}}""")]
    [InlineData("""{"fields": {"a": {"type": "\ud800"}}}""")]
    [InlineData("""{"\ud800": 1, "fields": {}}""")]
    public void What_cannot_be_kept_is_refused(string schema) => ProblemsOf(schema).ShouldNotBeEmpty();

    [Theory]
    [InlineData("{{a}}", InputType.String, true, null)]
    [InlineData("{{seed}}", InputType.Integer, false, null)]
    [InlineData("{{seed|7}}", InputType.Integer, false, "7")]
    [InlineData("{{a|7}}", InputType.Integer, false, "7")]
    [InlineData("{{a|7.0}}", InputType.Number, false, "7.0")]
    [InlineData("{{a|7.5}}", InputType.Number, false, "7.5")]
    [InlineData("{{a|true}}", InputType.Boolean, false, "true")]
    [InlineData("{{a|x}}", InputType.String, false, "\"x\"")]
    [InlineData("{{a|null}}", InputType.Any, false, "null")]
    [InlineData("{{a?1:2}}", InputType.Boolean, true, null)]
    public void Without_a_schema_one_is_derived_from_the_placeholders(string token, object type, bool required, string? fallback)
    {
        var template = new Template(System.Text.Json.JsonSerializer.SerializeToElement(new { token }));

        var field = InputSchema.Derive(template).Fields.Values.ShouldHaveSingleItem();

        field.Type.ShouldBe((InputType)type);
        field.Required.ShouldBe(required);
        field.Default?.GetRawText().ShouldBe(fallback);
    }

    [Fact]
    public void A_derived_schema_can_be_read_again()
    {
        var template = new Template(Json.Of("""["{{prompt}}", "{{steps|20}}", "{{tiled|false}}", "{{seed}}", "{{cfg|7.5}}"]"""));
        var derived = InputSchema.Derive(template);

        var read = InputSchema.Parse(derived.Written());

        read.Fields.Keys.ShouldBe(derived.Fields.Keys);
        read.Fields.Values.Select(f => (f.Type, f.Required)).ShouldBe(derived.Fields.Values.Select(f => (f.Type, f.Required)));
    }

    private static IEnumerable<string> ProblemsOf(string schema)
    {
        var reader = new InputSchemaReader();
        reader.Read(Json.Of(schema));
        return reader.Problems.Select(p => p.Path).Distinct();
    }
}
