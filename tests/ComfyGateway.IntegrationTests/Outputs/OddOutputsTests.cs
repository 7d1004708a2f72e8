using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>What custom nodes list as their outputs is anybody's guess; a job that succeeded keeps all that can be had of it.</summary>
public sealed class OddOutputsTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    private const string Good = """{"filename": "NAME", "subfolder": "", "type": "output"}""";

    private string _name = "";

    [Theory]
    [InlineData("""{"3": {"images": [GOOD, GOOD]}}""")]
    [InlineData("""{"3": {"images": [GOOD]}, "4": {"gifs": [GOOD]}}""")]
    [InlineData("""{"3": {"images": [GOOD, {"filename": "NAME", "subfolder": null}, {"filename": "NAME"}]}}""")]
    public async Task A_file_that_is_listed_again_is_kept_once(string outputs) => (await Names(await Listing(outputs))).ShouldBe(["NAME"]);

    [Theory]
    [InlineData("""{"3": {"images": [null, GOOD, 1, true, "text", [], {}], "animated": [true]}}""")]
    [InlineData("""{"3": {"images": GOOD, "animated": true, "count": 3, "facts": {"a": {"filename": "nothing.png"}}, "none": null}}""")]
    [InlineData("""{"3": {"images": [[GOOD], [[null]]]}}""")]
    [InlineData("""{"3": {"images": [{"filename": "NAME"}]}}""")]
    [InlineData("""{"3": {"images": [GOOD, {"filename": "nothing.png", "type": "input"}, {"filename": "nothing.png", "type": "else"}, {"filename": "nothing.png", "type": "temp"}]}}""")]
    [InlineData("""{"2": null, "1": [], "3": {"images": [GOOD]}, "4": {}, "5": 7}""")]
    public async Task What_is_no_file_is_passed_over(string outputs) => (await Names(await Listing(outputs))).ShouldBe(["NAME"]);

    [Theory]
    [InlineData("""{"filename": "no\u0000thing.png"}""")]
    [InlineData("""{"filename": "nothing.png", "subfolder": "\u0000"}""")]
    [InlineData("""{"filename": "NAME", "subfolder": "\u0000"}""")]
    [InlineData("""{"filename": "NAME", "type": "output\u0000"}""")]
    [InlineData("""{"filename": 7}""")]
    [InlineData("""{"filename": ["NAME"]}""")]
    [InlineData("""{"filename": "NAME", "subfolder": 7}""")]
    [InlineData("""{"filename": "NAME", "subfolder": ["a"]}""")]
    [InlineData("""{"filename": "/etc/passwd"}""")]
    [InlineData("""{"filename": "..\\..\\nothing.png"}""")]
    [InlineData("""{"filename": "../NAME"}""")]
    [InlineData("""{"filename": "passwd", "subfolder": "/etc"}""")]
    [InlineData("""{"filename": "nothing.png", "subfolder": "C:\\Windows"}""")]
    [InlineData("""{"filename": "nothing.png", "subfolder": "\\\\server\\share"}""")]
    [InlineData("""{"filename": "nothing.png", "subfolder": "../../etc"}""")]
    [InlineData("""{"filename": "nothing.png", "subfolder": "a\\..\\..\\b"}""")]
    public async Task What_ComfyUI_could_not_serve_is_left_out_and_costs_no_other_file(string entry)
    {
        var job = await Listing($$"""{"3": {"images": [{{entry}}, GOOD]} }""");

        (await Names(job)).ShouldBe(["NAME"]);
        job.GetProperty("attempts").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_job_of_which_ComfyUI_could_serve_nothing_fails_at_once_and_says_why()
    {
        await Gateway.Simulator.Faults.ListOutputs("""{"3": {"images": [{"filename": "a.png", "subfolder": "/mnt/secret"}, {"filename": "a\u0000.png"}]}}""");

        var job = await Gateway.End(await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin));

        var error = job.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("OUTPUT_STORE_FAILED");
        error.GetProperty("message").GetString()!.ShouldContain("outside of its folders");
        error.GetRawText().ShouldNotContain("secret");
        job.GetProperty("attempts").GetInt32().ShouldBe(1);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""{"3": {}}""")]
    [InlineData("""{"3": {"images": []}}""")]
    public async Task A_prompt_may_give_out_nothing(string outputs) => (await Names(await Listing(outputs))).ShouldBeEmpty();

    [Theory]
    [InlineData("""["a", "b"]""", "a\nb")]
    [InlineData("""[["a", ["b"]], "c"]""", "a\nb\nc")]
    [InlineData("\"a\"", "a")]
    [InlineData("""[null, true, {"a": 1}, "a\u0000b", 1.5]""", "a\0b")]
    public async Task Texts_are_kept_however_they_are_nested(string texts, string expected)
    {
        var job = await Listing($$"""{"5": {"text": {{texts}} } }""");

        (await Names(job)).ShouldBe(["5.txt"]);
        (await Gateway.Admin.GetStringAsync(job.GetProperty("outputs")[0].GetProperty("url").GetString(), Ct)).ShouldBe(expected);
    }

    [Fact]
    public async Task A_text_may_be_very_long()
    {
        var job = await Listing($$"""{"5": {"text": ["{{new string('ä', 3_000_000)}}"]} }""");

        (await Names(job)).ShouldBe(["5.txt"]);
        job.GetProperty("outputs")[0].GetProperty("size").GetInt32().ShouldBe(6_000_000);
    }

    [Fact]
    public async Task Five_hundred_files_are_all_kept_in_their_order()
    {
        var names = Enumerable.Range(0, 500).Select(n => $"odd {n}.png").ToArray();
        var folder = Directory.CreateDirectory(Path.Combine(Gateway.Simulator.DataPath, "output", "many"));
        foreach (var name in names)
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, name), name, Ct);
        }

        var files = JsonSerializer.Serialize(names.Select(n => new { filename = n, subfolder = "many" }));
        var job = await Listing($$"""{"3": {"images": {{files}} } }""");

        (await Names(job)).ShouldBe(names);
        (await Gateway.Admin.GetStringAsync(job.GetProperty("outputs")[321].GetProperty("url").GetString(), Ct)).ShouldBe("odd 321.png");
    }

    /// <summary>A job whose prompt made one picture, and of which the history says that it gave out <paramref name="outputs"/>.</summary>
    private async Task<JsonElement> Listing(string outputs)
    {
        var name = _name = $"odd{Guid.CreateVersion7():N}_00001_.png";
        var graph = Graphs.Sleep();
        graph["3"] = new { class_type = "SaveImage", inputs = new { images = new object[] { "2", 0 }, filename_prefix = name[..^"_00001_.png".Length] } };
        await Gateway.Simulator.Faults.ListOutputs(outputs.Replace("GOOD", Good, StringComparison.Ordinal).Replace("NAME", name, StringComparison.Ordinal));

        var job = await Gateway.End(await Gateway.Submit(new { workflow = graph }, Gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        return job;
    }

    /// <summary>The names of a job's files, each of which can be had.</summary>
    private async Task<string[]> Names(JsonElement job)
    {
        var outputs = job.GetProperty("outputs").EnumerateArray().ToArray();
        foreach (var output in outputs.Take(3))
        {
            (await Gateway.Admin.GetByteArrayAsync(output.GetProperty("url").GetString(), Ct)).Length.ShouldBe(output.GetProperty("size").GetInt32());
        }

        return [.. outputs.Select(o => o.GetProperty("filename").GetString()!.Replace(_name, "NAME", StringComparison.Ordinal))];
    }
}
