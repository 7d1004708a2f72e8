using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows.Templates;

public sealed class TemplateTests
{
    [Theory]
    [InlineData("{{a}}", """{"a": 1}""", "1")]
    [InlineData("{{a}}", """{"a": 1.50}""", "1.50")]
    [InlineData("{{a}}", """{"a": 18446744073709551615}""", "18446744073709551615")]
    [InlineData("{{a}}", """{"a": true}""", "true")]
    [InlineData("{{a}}", """{"a": null}""", "null")]
    [InlineData("{{a}}", """{"a": "x"}""", "\"x\"")]
    [InlineData("{{a}}", """{"a": ""}""", "\"\"")]
    [InlineData("{{a}}", """{"a": [1,"2"]}""", """[1,"2"]""")]
    [InlineData("{{a}}", """{"a": {"b":1}}""", """{"b":1}""")]
    [InlineData("{{ a }}", """{"a": 1}""", "1")]
    [InlineData("{{\ta\n}}", """{"a": 1}""", "1")]
    [InlineData("{{a.b-c_D9}}", """{"a.b-c_D9": 1}""", "1")]
    [InlineData("{{_}}", """{"_": 1}""", "1")]
    public void A_token_that_is_all_of_a_text_becomes_the_typed_value(string text, string values, string expected) =>
        Render(text, values).ShouldBe(expected);

    [Theory]
    [InlineData(" {{a}}", """{"a": 1}""", " 1")]
    [InlineData("{{a}}{{b}}", """{"a": 1, "b": 2}""", "12")]
    [InlineData("{{a}}, {{a}}", """{"a": "x"}""", "x, x")]
    [InlineData("x{{a}}y", """{"a": "\"q\" \\ \n"}""", "x\"q\" \\ \ny")]
    [InlineData("x{{a}}y", """{"a": 1.50}""", "x1.50y")]
    [InlineData("x{{a}}y", """{"a": true}""", "xtruey")]
    [InlineData("x{{a}}y", """{"a": null}""", "xy")]
    [InlineData("x{{a}}y", """{"a": [1,"2"]}""", """x[1,"2"]y""")]
    [InlineData("x{{a|5}}y", "{}", "x5y")]
    [InlineData("x{{a|null}}y", "{}", "xy")]
    [InlineData("x{{a?1:0}}y", """{"a": true}""", "x1y")]
    [InlineData("{{{a}}}", """{"a": 1}""", "{1}")]
    public void A_token_in_a_longer_text_is_put_in_as_text(string text, string values, string expected) =>
        Text(text, values).ShouldBe(expected);

    [Theory]
    [InlineData("{{a|5}}", "5")]
    [InlineData("{{a|-5}}", "-5")]
    [InlineData("{{a|0}}", "0")]
    [InlineData("{{a|5.50}}", "5.50")]
    [InlineData("{{a|1e3}}", "1e3")]
    [InlineData("{{a|18446744073709551615}}", "18446744073709551615")]
    [InlineData("{{a|true}}", "true")]
    [InlineData("{{a|false}}", "false")]
    [InlineData("{{a|null}}", "null")]
    [InlineData("{{a|}}", "\"\"")]
    [InlineData("{{a|two words}}", "\"two words\"")]
    [InlineData("{{a|x|y}}", "\"x|y\"")]
    [InlineData("{{a|x?y:z}}", "\"x?y:z\"")]
    [InlineData("{{a| 5 }}", "\" 5 \"")]
    [InlineData("{{a|5\n}}", "\"5\\n\"")]
    [InlineData("{{a|05}}", "\"05\"")]
    [InlineData("{{a|+5}}", "\"+5\"")]
    [InlineData("{{a|.5}}", "\".5\"")]
    [InlineData("{{a|5.}}", "\"5.\"")]
    [InlineData("{{a|0x10}}", "\"0x10\"")]
    [InlineData("{{a|1e999}}", "\"1e999\"")]
    [InlineData("{{a|1e-99999}}", "\"1e-99999\"")]
    [InlineData("{{a|NaN}}", "\"NaN\"")]
    [InlineData("{{a|Infinity}}", "\"Infinity\"")]
    [InlineData("{{a|True}}", "\"True\"")]
    [InlineData("{{a|٥}}", "\"٥\"")]
    public void A_fallback_has_the_type_that_it_reads_as(string text, string expected) => Render(text, "{}").ShouldBe(expected);

    [Theory]
    [InlineData("{{a|5}}", """{"a": 6}""", "6")]
    [InlineData("{{a|5}}", """{"a": null}""", "null")]
    [InlineData("{{a|5}}", """{"a": "x"}""", "\"x\"")]
    public void A_value_wins_over_the_fallback(string text, string values, string expected) => Render(text, values).ShouldBe(expected);

    [Theory]
    [InlineData("{{a?2:1}}", "true", "2")]
    [InlineData("{{a?2:1}}", "false", "1")]
    [InlineData("{{a?yes:no}}", "true", "\"yes\"")]
    [InlineData("{{a?yes:}}", "false", "\"\"")]
    [InlineData("{{a?:no}}", "true", "\"\"")]
    [InlineData("{{a?true:null}}", "false", "null")]
    [InlineData("{{ a ?1.5:x y}}", "true", "1.5")]
    public void A_true_or_false_input_chooses_between_two_values(string text, string value, string expected) =>
        Render(text, $$"""{"a": {{value}}}""").ShouldBe(expected);

    [Theory]
    [InlineData("\"true\"")]
    [InlineData("1")]
    [InlineData("null")]
    public void Only_true_and_false_choose(string value) =>
        Json.RefusedBy(() => Render("{{a?2:1}}", $$"""{"a": {{value}}}""")).Keys.ShouldBe(["inputs.a"]);

    [Theory]
    [InlineData(@"\{{a}}", "{{a}}")]
    [InlineData(@"\{{a}} {{a}}", "{{a}} 1")]
    [InlineData(@"{{a}}\{{", "1{{")]
    [InlineData(@"\{{a|5}}", "{{a|5}}")]
    [InlineData(@"\\{{a}}", @"\{{a}}")]
    [InlineData(@"\{a}", @"\{a}")]
    [InlineData(@"\ {{a}}", @"\ 1")]
    public void Escaped_braces_are_plain_braces(string text, string expected) => Text(text, """{"a": 1}""").ShouldBe(expected);

    [Theory]
    [InlineData("{{}}")]
    [InlineData("{{ }}")]
    [InlineData("{{|5}}")]
    [InlineData("{{1a}}")]
    [InlineData("{{-a}}")]
    [InlineData("{{a b}}")]
    [InlineData("{{é}}")]
    [InlineData("{{a")]
    [InlineData("a}}")]
    [InlineData("{{a}")]
    [InlineData("{a}")]
    [InlineData("{ {a}}")]
    [InlineData("{{a} }")]
    [InlineData("{{a|{b}}}")]
    [InlineData("{{a?b}}")]
    [InlineData("{{a?b:c:d}}")]
    [InlineData("{{a?b:c|d}}")]
    [InlineData("{{a\u00a0b}}")]
    public void What_is_not_a_token_stays_as_it_is(string text) => Text(text, """{"a": 1, "b": 2}""").ShouldBe(text);

    [Fact]
    public void A_name_has_at_most_128_characters()
    {
        var longest = new string('a', 128);

        Render($"{{{{{longest}}}}}", $$"""{"{{longest}}": 1}""").ShouldBe("1");
        Text($"{{{{{longest}a}}}}", "{}").ShouldBe($"{{{{{longest}a}}}}");
    }

    [Theory]
    [InlineData("{{a}}")]
    [InlineData("{{a}}{{a}}")]
    [InlineData("say {{a}}")]
    public void A_value_is_not_looked_at_for_tokens_again(string text) =>
        Text(text, """{"a": "{{b}} {{b|x}} \\{{b}}", "b": "never"}""").ShouldBe(text.Replace("{{a}}", @"{{b}} {{b|x}} \{{b}}", StringComparison.Ordinal));

    [Theory]
    [InlineData("{{a_b}}")]
    [InlineData("x {{a_b}}")]
    [InlineData("{{a_b?1:2}}")]
    public void What_nothing_fills_is_named(string text)
    {
        var problems = Json.RefusedBy(() => Render(text, """{"a": 1}"""));

        problems.Keys.ShouldBe(["inputs.a_b"]);
    }

    [Fact]
    public void Names_of_members_are_no_templates() =>
        Json.Of(new Template(Json.Of("""{"{{a}}": {"x{{a}}": 1}}""")).Render(Json.Members("""{"a": "b"}"""))).GetRawText()
            .ShouldBe("""{"{{a}}":{"x{{a}}":1}}""");

    [Fact]
    public void Tokens_are_found_wherever_they_stand_each_once_and_those_with_a_fallback_first()
    {
        var template = new Template(Json.Of("""{"1": {"a": ["{{x}}", {"b": "say {{y}} and {{x}}"}], "{{k}}": "\\{{z}}", "c": "{{y|1}}"}}"""));

        template.Tokens.Select(t => t.Name).ShouldBe(["y", "x"]);
        template.Tokens[0].Fallback!.Value.GetInt32().ShouldBe(1);
    }

    /// <summary>The JSON that a text of a template becomes.</summary>
    private static string Render(string text, string values) => Rendered(text, values).GetRawText();

    private static string Text(string text, string values) => Rendered(text, values).GetString()!;

    private static System.Text.Json.JsonElement Rendered(string text, string values)
    {
        var template = new Template(System.Text.Json.JsonSerializer.SerializeToElement(new { text }));
        return Json.Of(template.Render(Json.Members(values))).GetProperty("text");
    }
}
