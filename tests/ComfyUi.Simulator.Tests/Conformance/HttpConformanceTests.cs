using System.Text;
using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>Every HTTP recording that stands alone, in the order in which it was made.</summary>
public sealed class HttpConformanceTests
{
    [Fact]
    public async Task An_idle_server_describes_itself_as_recorded() => await ReplayAll("001", "024");

    [Fact]
    public async Task Prompts_and_their_histories_are_answered_as_recorded() => await ReplayAll("050", "094");

    [Fact]
    public async Task Uploads_are_answered_as_recorded()
    {
        await using var comfy = await Simulated.Start();
        var replay = new HttpReplay(comfy.Server, 0);

        foreach (var name in Names("030", "043"))
        {
            await replay.Replay(name, Multipart(name));
        }

        await replay.Replay("044");
    }

    [Fact]
    public async Task Files_are_served_as_recorded()
    {
        await using var comfy = await Simulated.Start();
        PutFiles(comfy.Server.DataPath);
        var replay = new HttpReplay(comfy.Server, 0);

        foreach (var name in Names("200", "225").Where(n => n is not "222" and not "219"))
        {
            await replay.Replay(name);
        }

        var etag = (await RawHttp.Send(comfy.Server.BaseUrl, Recording.Request(Recording.Read("221")))).Header("ETag")!;
        var conditional = Recording.Request(Recording.Read("222"));
        var answer = await RawHttp.Send(comfy.Server.BaseUrl, conditional with { Headers = [("Host", "x"), ("If-None-Match", etag)] });
        answer.Status.ShouldBe(304);
        answer.Body.ShouldBe("");
        await replay.Replay("219");
    }

    [Fact]
    public async Task Odd_bodies_and_origins_are_answered_as_recorded() => await ReplayAll("230", "250", firstNumber: 75);

    [Fact]
    public async Task The_cors_flag_lets_everybody_in_as_recorded()
    {
        await using var comfy = await Simulated.Start(new SimulatorOptions { EnableCorsHeader = "*" });
        var replay = new HttpReplay(comfy.Server, 0);

        foreach (var name in Names("260", "262"))
        {
            await replay.Replay(name);
        }
    }

    [Fact]
    public async Task Not_a_number_comes_back_as_recorded() => await ReplayAll("350", "354");

    [Fact]
    public async Task A_cycle_is_refused_as_recorded() => await ReplayAll("343", "343");

    [Fact]
    public async Task Chunked_bodies_and_clearing_are_answered_as_recorded() => await ReplayAll("286", "288");

    [Fact]
    public async Task A_prefix_that_leaves_the_output_folder_fails_in_the_node_as_recorded() => await ReplayAll("164", "165", firstNumber: 74);

    [Fact]
    public async Task A_reused_id_keeps_its_old_place_in_the_history_as_in_330()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Run(Prompts.Simple(1), "x");
        await comfy.Run(Prompts.Simple(2), "y");
        await comfy.Post("/prompt", $$"""{"prompt_id": "x", "prompt": {{Prompts.Simple(3)}} }""");
        await Eventually.Is(async () => (await comfy.Get("/history/x")).Body.Contains("\"color\": 3", StringComparison.Ordinal));

        ((PyDict)PyJson.Parse((await comfy.Get("/history?max_items=1")).Body)!).Keys.ShouldBe(["y"]);
    }

    [Theory]
    [InlineData("foreign", 403)]
    [InlineData("same", 101)]
    public async Task A_handshake_from_elsewhere_is_refused_as_in_251(string socket, int status)
    {
        await using var comfy = await Simulated.Start();
        var handshake = Recording.Read("251").Dict("handshakes").Dict(socket).Dict("request");
        using var client = new System.Net.Sockets.TcpClient();
        await client.ConnectAsync(comfy.Server.BaseUrl.Host, comfy.Server.BaseUrl.Port, TestContext.Current.CancellationToken);
        var headers = ((PyList)handshake["headers"]!).Cast<PyList>().Select(h => $"{h[0]}: {h[1]}");
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"{handshake["line"]}\r\n{string.Join("\r\n", headers)}\r\n\r\n"), TestContext.Current.CancellationToken);

        using var reader = new StreamReader(client.GetStream());
        (await reader.ReadLineAsync(TestContext.Current.CancellationToken)).ShouldStartWith($"HTTP/1.1 {status}");
    }

    private static async Task ReplayAll(string first, string last, int firstNumber = 0)
    {
        await using var comfy = await Simulated.Start(AsRecorded);
        var replay = new HttpReplay(comfy.Server, firstNumber, keepCounters: first == "050");
        foreach (var name in Names(first, last))
        {
            await replay.Replay(name);
        }
    }

    internal static SimulatorOptions AsRecorded => new()
    {
        Models = new Dictionary<string, IReadOnlyList<string>>
        {
            ["checkpoints"] = ["dummy-common.safetensors", "dummy-only-8188.safetensors"],
            ["embeddings"] = ["dummy-embedding.safetensors"],
        },
    };

    /// <summary>The numbers of the recordings between two, those of HTTP only.</summary>
    internal static List<string> Names(string first, string last) => [.. Directory.GetFiles(Recording.Folder)
        .Select(f => Path.GetFileName(f)[..3]).Distinct()
        .Where(n => string.CompareOrdinal(n, first) >= 0 && string.CompareOrdinal(n, last) <= 0)
        .Where(n => Directory.GetFiles(Recording.Folder, $"{n}*").Length == 1 && n is not "022" && Recording.Read(n).ContainsKey("request"))
        .Order(StringComparer.Ordinal)];

    /// <summary>The recorder kept the fields, not the bytes: 031 is to have those of 030, the others their own.</summary>
    private static string Multipart(string name)
    {
        var form = Recording.Read(name).Dict("request").Dict("multipart");
        var body = new StringBuilder();
        foreach (var field in ((PyList)form["fields"]!).Cast<PyList>())
        {
            body.Append("------gwtest7d1\r\nContent-Disposition: form-data; name=\"").Append(field[0]).Append("\"\r\n\r\n").Append(field[1]).Append("\r\n");
        }

        if (name != "040")
        {
            var file = form.Dict("file");
            body.Append("------gwtest7d1\r\nContent-Disposition: form-data; name=\"").Append(file["field"]).Append("\"; filename=\"")
                .Append(file["filename"]).Append("\"\r\nContent-Type: image/png\r\n\r\n").Append(name == "031" ? "030" : name).Append("\r\n");
        }

        return body.Append("------gwtest7d1--\r\n").ToString();
    }

    internal static void PutFiles(string data)
    {
        var plain = RasterFiles.Png(Raster.Filled(64, 64, 0, 0, 255));
        foreach (var file in new[] { "output/sleep_00001_.png", "output/sub/dir/pic_00001_.png", "temp/ComfyUI_temp_pibch_00001_.png", "input/bild-äöü 图.png" })
        {
            var path = Path.Combine(data, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path.Replace("图", "\u56f3", StringComparison.Ordinal), plain);
        }

        File.WriteAllBytes(Path.Combine(data, "input/example.png"), RasterFiles.Png(Raster.Filled(64, 64, 255, 0, 0, 128)));
        File.WriteAllText(Path.Combine(data, "input/note.txt"), "hello, not an image");
    }
}
