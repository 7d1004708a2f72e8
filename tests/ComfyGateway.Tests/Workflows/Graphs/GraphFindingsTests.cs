using System.Text.Json;
using ComfyGateway.Tests.Settings;
using ComfyGateway.Workflows.Graphs;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Tests.Workflows.Graphs;

public sealed class GraphFindingsTests
{
    private static readonly GraphLimits Limits = new(Read.Good());

    /// <summary>Every kind of place that a token can stand in, those that matter to a limit or name a model among them.</summary>
    private static readonly JsonElement Graph = Json.Of("""
        {
            "1": {"class_type": "{{class}}", "inputs": {"ckpt_name": "{{checkpoint}}", "text": "a {{text}}", "seed": "{{seed}}"}},
            "2": {"class_type": "EmptyLatentImage", "inputs": {"width": "{{width}}", "height": ["{{source}}", 0], "batch_size": "{{count}}{{digit}}"}},
            "3": {"class_type": "PrimitiveInt", "inputs": {"value": "{{height}}", "note": "{{text}}"}},
            "4": {"class_type": "LatentUpscaleBy", "inputs": {"samples": "{{link}}", "scale_by": {"__value__": "{{factor}}"}}},
            "5": {"class_type": "ImageUpscaleWithModel", "inputs": {"image": ["4", 0], "upscale_model": ["6", 0]}},
            "6": {"class_type": "UpscaleModelLoader", "inputs": {"model_name": "{{times}}x.pth"}}
        }
        """);

    private static readonly (string Name, string[] Values)[] Inputs =
    [
        ("class", ["\"Loader\"", "\"RepeatLatentBatch\""]), ("checkpoint", ["\"a.safetensors\"", "\"b.ckpt\"", "\"none\""]),
        ("text", ["\"lighthouse\"", "\"like x.safetensors\"", "\"1\"", "17"]), ("seed", ["1", "2", "\"y.PT\""]),
        ("width", ["512", "\"512\"", "2049", "{\"__value__\": 4096}"]), ("source", ["\"3\"", "\"1\"", "\"9\""]), ("height", ["64", "5000"]),
        ("count", ["1", "0"]), ("digit", ["1", "9"]), ("link", ["[\"2\", 0]", "[\"1\", 0]", "7"]), ("factor", ["1", "8"]), ("times", ["2", "4", "\"\\u0034\""]),
    ];

    [Fact]
    public void What_was_kept_is_what_would_be_found()
    {
        var template = new Template(Graph);
        var findings = new GraphFindings(template);
        var random = new Random(5);
        var withProblems = 0;
        for (var job = 0; job < 5000; job++)
        {
            var values = Inputs.ToDictionary(i => i.Name, i => Json.Of(i.Values[random.Next(i.Values.Length)]));

            var (problems, models) = findings.Of(values, Limits);

            var alone = new GraphFindings(template).Of(values, Limits);
            problems.ShouldBe(alone.Problems);
            models.ShouldBe(alone.Models);
            withProblems += Math.Sign(problems.Count);
        }

        withProblems.ShouldBeInRange(500, 4900);
    }

    [Fact]
    public void Jobs_that_differ_in_nothing_that_matters_share_one_finding()
    {
        var findings = new GraphFindings(new Template(Graph));

        var first = findings.Of(Values("\"a hill\"", "1"), Limits);

        findings.Of(Values("\"a sea\"", "2"), Limits).ShouldBeSameAs(first);
        findings.Of(Values("\"a sea\"", "2", width: "640"), Limits).ShouldNotBeSameAs(first);
        findings.Of(Values("\"a sea\"", "\"y.pt\""), Limits).ShouldNotBeSameAs(first);
        first.Models.ShouldBe(["a.safetensors"]);
    }

    [Fact]
    public void A_long_value_is_not_kept()
    {
        var findings = new GraphFindings(new Template(Graph));
        var values = Values("\"a\"", "1", width: $"\"{new string('0', 300)}512\"");

        findings.Of(values, Limits).ShouldNotBeSameAs(findings.Of(values, Limits));
    }

    [Theory]
    [InlineData("steps")]
    [InlineData("Width")]
    public void No_check_reads_an_input_that_findings_are_not_kept_by(string input) =>
        Should.Throw<ArgumentException>(() => new GraphConstants(Graph).Find("2", input));

    private static Dictionary<string, JsonElement> Values(string text, string seed, string width = "512")
    {
        var values = Inputs.ToDictionary(i => i.Name, i => Json.Of(i.Values[0]));
        (values["text"], values["seed"], values["width"]) = (Json.Of(text), Json.Of(seed), Json.Of(width));
        return values;
    }
}
