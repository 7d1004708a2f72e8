using System.Globalization;
using System.Text.Json;
using ComfyGateway.Workflows.Templates;
using CsCheck;

namespace ComfyGateway.Tests.Workflows.Templates;

/// <summary>Whatever the values are, they arrive, and the graph around them is that of the template.</summary>
public sealed class TemplatePropertyTests
{
    private const long Cases = 60_000;

    private static readonly Template Typed = new(Json.Of("""{"1": {"class_type": "A", "inputs": {"a": "{{a}}", "b": ["2", 0], "c": "{{b|7}}"}}}"""));
    private static readonly Template Mixed = new(Json.Of("""{"1": {"class_type": "A", "inputs": {"a": "<{{a}}|{{b}}>", "b": ["2", 0]}}}"""));

    private static readonly string[] Pieces = ["{{a}}", "{{b}}", "{{", "}}", "\\{{", "\"", "\\", "\",\"x\":\"", "]}", "\u2028", "\0", "🦊", "{{a|x}}"];

    // What ends texts, tokens and JSON comes often; halves of surrogate pairs never, as they are refused at the door.
    private static readonly Gen<string> Texts = Gen.OneOf(
            Gen.Int[0, Pieces.Length - 1].Select(i => Pieces[i]),
            Gen.Char.Where(c => !char.IsSurrogate(c)).Select(c => c.ToString()))
        .Array[0, 8].Select(string.Concat);

    private static readonly Gen<string> Numbers = Gen.OneOf(
        Gen.ULong.Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.Long.Select(n => n.ToString(CultureInfo.InvariantCulture)),
        Gen.Double.Where(double.IsFinite).Select(n => n.ToString("R", CultureInfo.InvariantCulture)),
        Gen.Select(Gen.Int[0, 99], Gen.Int[0, 20], (n, e) => string.Create(CultureInfo.InvariantCulture, $"{n}.50e-{e}")));

    [Fact]
    public void Texts_arrive_as_they_are_in_the_graph_of_the_template() =>
        Gen.Select(Texts, Texts).Sample((a, b) =>
        {
            var inputs = Inputs(Typed, JsonSerializer.SerializeToElement(a), JsonSerializer.SerializeToElement(b));
            return inputs.GetProperty("a").ValueEquals(a) && inputs.GetProperty("c").ValueEquals(b);
        }, iter: Cases);

    [Fact]
    public void Texts_within_texts_arrive_as_they_are() =>
        Gen.Select(Texts, Texts).Sample(
            (a, b) => Inputs(Mixed, JsonSerializer.SerializeToElement(a), JsonSerializer.SerializeToElement(b)).GetProperty("a").ValueEquals($"<{a}|{b}>"),
            iter: Cases);

    [Fact]
    public void Numbers_arrive_digit_by_digit() =>
        Gen.Select(Numbers, Numbers).Sample((a, b) =>
        {
            var typed = Inputs(Typed, JsonElement.Parse(a), JsonElement.Parse(b));
            return typed.GetProperty("a").GetRawText() == a && typed.GetProperty("c").GetRawText() == b
                && Inputs(Mixed, JsonElement.Parse(a), JsonElement.Parse(b)).GetProperty("a").ValueEquals($"<{a}|{b}>");
        }, iter: Cases);

    /// <summary>The rendered inputs, once the graph around them was seen to be the template's.</summary>
    private static JsonElement Inputs(Template template, JsonElement a, JsonElement b)
    {
        var graph = Json.Of(template.Render(new Dictionary<string, JsonElement> { ["a"] = a, ["b"] = b }));
        return Shape(graph) == Shape(template.Graph)
            ? graph.GetProperty("1").GetProperty("inputs")
            : throw new InvalidOperationException($"The graph became {graph}.");
    }

    /// <summary>The tree without the values that tokens stand for.</summary>
    private static string Shape(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', element.EnumerateObject().Select(m => $"{m.Name}:{Shape(m.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', element.EnumerateArray().Select(Shape))}]",
        _ => "*",
    };
}
