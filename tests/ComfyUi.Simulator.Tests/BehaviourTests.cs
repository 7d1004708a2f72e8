using System.Text;
using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Tests.Conformance;

namespace ComfyUi.Simulator.Tests;

/// <summary>Cache, checkpoints, statistics, options and big bodies.</summary>
public sealed class BehaviourTests
{
    [Fact]
    public async Task Alternating_checkpoints_load_each_time_and_the_same_one_does_not()
    {
        await using var comfy = await Simulated.Start();

        foreach (var (checkpoint, seed) in new[] { ("sd_xl_base_1.0", 1), ("sd_xl_base_1.0", 2), ("v1-5-pruned-emaonly", 3), ("sd_xl_base_1.0", 4) })
        {
            await comfy.Run(Prompts.TextToImage(checkpoint: $"{checkpoint}.safetensors", seed: seed, width: 64, height: 64));
        }

        comfy.Server.Statistics.Snapshot().CheckpointLoads.ShouldBe(3);
    }

    [Fact]
    public async Task Statistics_count_executions_and_keep_their_order()
    {
        await using var comfy = await Simulated.Start();

        await comfy.Run(Prompts.Simple(1), "a");
        await comfy.Run(Prompts.Simple(2), "b");
        await comfy.Post("/prompt", $$"""{"prompt_id": "a", "prompt": {{Prompts.Simple(3)}} }""");
        await Eventually.Is(() => Task.FromResult(comfy.Server.Statistics.Snapshot().FinishedPrompts == 3));

        var statistics = comfy.Server.Statistics.Snapshot();
        statistics.ExecutionOrder.ShouldBe(["a", "b", "a"]);
        statistics.MaxExecutionsOfOnePrompt.ShouldBe(2);
        statistics.BusyFraction.ShouldBeInRange(0, 1);
        statistics.Prompts[0].ShouldSatisfyAllConditions(p => p.ReceivedAt.ShouldNotBeNull(), p => p.FinishedAt.ShouldNotBeNull());
        (await comfy.Get("/__sim/stats")).Body.ShouldContain("\"executionOrder\":[\"a\",\"b\",\"a\"]");
    }

    [Fact]
    public async Task The_journal_has_a_line_for_each_step_of_a_prompt_at_once()
    {
        var path = Path.Combine(Path.GetTempPath(), $"journal-{Guid.CreateVersion7():N}");
        await using var comfy = await Simulated.Start(new SimulatorOptions { JournalPath = path });

        await comfy.Run(Prompts.Simple(1), "a b");

        await using (var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite))
        using (var lines = new StreamReader(file))
        {
            var steps = (await lines.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            steps.Select(s => s.Split(' ', 2)[1]).ShouldBe(["received a b", "started a b", "finished a b"]);
        }

        File.Delete(path);
    }

    [Fact]
    public async Task An_overwritten_upload_is_not_served_from_the_cache()
    {
        await using var comfy = await Simulated.Start();
        var input = Path.Combine(comfy.Server.DataPath, "input", "l.png");
        const string Prompt = """
            {"1": {"class_type": "LoadImage", "inputs": {"image": "l.png"}},
             "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "l"}}}
            """;
        await File.WriteAllBytesAsync(input, Images.RasterFiles.Png(Images.Raster.Filled(8, 8, 1, 2, 3)), TestContext.Current.CancellationToken);

        PyJson.Write((await comfy.Run(Prompt))["outputs"]).ShouldContain("l_00001_.png");
        PyJson.Write((await comfy.Run(Prompt))["outputs"]).ShouldContain("l_00001_.png");
        await File.WriteAllBytesAsync(input, Images.RasterFiles.Png(Images.Raster.Filled(8, 8, 4, 5, 6)), TestContext.Current.CancellationToken);
        PyJson.Write((await comfy.Run(Prompt))["outputs"]).ShouldContain("l_00002_.png");
        (await comfy.Get("/object_info/LoadImage")).Body.ShouldContain("[[\"l.png\"]");
    }

    [Fact]
    public async Task A_prompt_that_was_two_prompts_ago_is_not_in_the_cache_any_more()
    {
        await using var comfy = await Simulated.Start();

        await comfy.Run(Prompts.Simple(1, "c"));
        await comfy.Run(Prompts.Simple(2, "c"));
        PyJson.Write((await comfy.Run(Prompts.Simple(1, "c")))["outputs"]).ShouldContain("c_00003_.png");
    }

    [Fact]
    public async Task An_interrupt_stops_the_running_prompt_at_its_next_step()
    {
        await using var comfy = await Simulated.Start();
        await comfy.Post("/prompt", $$"""{"prompt_id": "p", "prompt": {{Prompts.Sleep(steps: 1000, seconds: 60)}} }""");
        await Eventually.Is(() => Task.FromResult(comfy.Server.Statistics.Prompt("p")?.StartedAt is not null));

        await Eventually.Is(async () =>
        {
            await comfy.Post("/interrupt", """{"prompt_id": "p"}""");
            return (await comfy.Get("/history/p")).Body != "{}";
        });

        FaultTests.LastMessage(await comfy.Ended("p"))[0].ShouldBe("execution_interrupted");
    }

    [Fact]
    public async Task A_sampler_sends_a_preview_per_step_unless_told_not_to()
    {
        await using var with = await Simulated.Start();
        await using var without = await Simulated.Start(new SimulatorOptions { PreviewFrames = false, StepTime = TimeSpan.Zero });

        (await Previews(with)).ShouldBe(3);
        (await Previews(without)).ShouldBe(0);
    }

    [Fact]
    public async Task Models_of_the_options_are_what_the_loaders_offer()
    {
        await using var comfy = await Simulated.Start(new SimulatorOptions
        {
            Models = new Dictionary<string, IReadOnlyList<string>> { ["checkpoints"] = ["b.safetensors", "a.safetensors"] },
        });

        (await comfy.Get("/object_info/CheckpointLoaderSimple")).Body.ShouldContain("""[["a.safetensors", "b.safetensors"], {""");
        (await comfy.Get("/models/checkpoints")).Body.ShouldBe("""["a.safetensors", "b.safetensors"]""");
        (await comfy.Post("/prompt", $$"""{"prompt": {{Prompts.TextToImage()}} }""")).Status.ShouldBe(400);
    }

    [Fact]
    public async Task Unknown_nodes_pass_on_what_they_get_where_nodes_are_not_validated()
    {
        await using var comfy = await Simulated.Start(new SimulatorOptions { ValidateNodes = false });

        var history = await comfy.Run("""
            {"1": {"class_type": "EmptyImage", "inputs": {"width": 8, "height": 8, "batch_size": 1, "color": 1}},
             "2": {"class_type": "SomebodysNode", "inputs": {"image": ["1", 0], "strength": 3}},
             "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "u"}}}
            """);

        (await comfy.Pictures(history)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_body_of_more_than_100_MiB_is_refused_with_413()
    {
        await using var comfy = await Simulated.Start();
        using var content = new ByteArrayContent(new byte[104857601]);

        using var response = await comfy.Http.PostAsync(new Uri("/prompt", UriKind.Relative), content, TestContext.Current.CancellationToken);

        ((int)response.StatusCode).ShouldBe(413);
        (await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldStartWith("Maximum request body size 104857600 exceeded");
    }

    [Fact]
    public async Task The_data_folder_is_removed_when_it_was_made_for_the_server()
    {
        var comfy = await Simulated.Start();
        var folder = comfy.Server.DataPath;
        Directory.Exists(folder).ShouldBeTrue();

        await comfy.DisposeAsync();

        Directory.Exists(folder).ShouldBeFalse();
    }

    [Fact]
    public async Task A_client_that_does_not_read_stalls_the_frames_of_the_others()
    {
        await using var comfy = await Simulated.Start();
        using var deaf = new System.Net.Sockets.TcpClient { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(comfy.Server.BaseUrl.Host, comfy.Server.BaseUrl.Port, TestContext.Current.CancellationToken);
        const string Handshake = "GET /ws?clientId=deaf HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: 1djXAsk+355l2Oi3iLshiA==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        await deaf.GetStream().WriteAsync(Encoding.ASCII.GetBytes(Handshake), TestContext.Current.CancellationToken);
        await using var reader = await WireSocket.Open(comfy.Server.BaseUrl, "/ws?clientId=reader");

        // An id this long makes frames that soon fill every buffer between the two.
        var big = new string('x', 1000);
        var many = Prompts.Sleep(steps: 4000, seconds: 0);
        await comfy.Post("/prompt", $$"""{"prompt_id": "{{big}}", "client_id": "deaf", "prompt": {{many}} }""");
        await comfy.Ended(big);
        await comfy.Post("/prompt", $$"""{"prompt_id": "mine", "client_id": "reader", "prompt": {{Prompts.Simple()}} }""");
        await comfy.Ended("mine");

        reader.Types.ShouldNotContain("execution_success");
        deaf.Dispose();
        await reader.Until("execution_success", "mine");
    }

    private static async Task<int> Previews(Simulated comfy)
    {
        await using var socket = await WireSocket.Open(comfy.Server.BaseUrl, "/ws?clientId=c");
        await comfy.Post("/prompt", $$"""{"prompt_id": "p", "client_id": "c", "prompt": {{Prompts.TextToImage(steps: 3, width: 64, height: 64)}} }""");
        await socket.UntilEnd("p");
        return socket.Frames.OfType<byte[]>().Count();
    }
}
