using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class RunJobTests(GatewayFixture fixture) : GatewayTests(fixture)
{
    [Fact]
    public async Task A_job_runs_and_its_image_is_served_as_comfyui_made_it()
    {
        var jobId = await Gateway.Submit(new { workflowId = "sdxl_realism_v1", inputs = new { prompt = "a harbour", width = 256, height = 192, steps = 4, seed = 42 }, metadata = new { userId = "u7" } });

        var job = await Gateway.End(jobId);

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        job.GetProperty("progress").GetInt32().ShouldBe(100);
        job.GetProperty("seed").GetUInt64().ShouldBe(42UL);
        job.GetProperty("attempts").GetInt32().ShouldBe(1);
        job.GetProperty("metadata").GetProperty("userId").GetString().ShouldBe("u7");
        var output = job.GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem();
        output.GetProperty("contentType").GetString().ShouldBe("image/png");
        output.GetProperty("width").GetInt32().ShouldBe(256);
        output.GetProperty("height").GetInt32().ShouldBe(192);

        var served = await Gateway.User.GetByteArrayAsync(output.GetProperty("url").GetString(), Ct);
        var made = await MadeByComfyUi(output);
        served.ShouldBe(made);
        Convert.ToHexStringLower(SHA256.HashData(served)).ShouldBe(output.GetProperty("sha256").GetString());
        (await File.ReadAllBytesAsync(Path.Combine(Gateway.StoragePath, output.GetProperty("storagePath").GetString()!), Ct)).ShouldBe(made);
    }

    [Fact]
    public async Task Ten_jobs_posted_at_once_all_succeed_in_the_order_of_their_acceptance()
    {
        var jobIds = new List<Guid>();
        for (var n = 0; n < 10; n++)
        {
            jobIds.Add(await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = $"icon {n}", width = 64, height = 64, steps = 2 } }));
        }

        var jobs = await Task.WhenAll(jobIds.Select(Gateway.End));

        jobs.ShouldAllBe(j => j.GetProperty("status").GetString() == "succeeded");
        var starts = jobs.Select(j => j.GetProperty("timing").GetProperty("startedAt").GetDateTimeOffset()).ToArray();
        starts.ShouldBe(starts.Order());
        foreach (var output in jobs.Select(j => j.GetProperty("outputs")[0]))
        {
            var stored = await File.ReadAllBytesAsync(Path.Combine(Gateway.StoragePath, output.GetProperty("storagePath").GetString()!), Ct);
            stored.ShouldBe(await MadeByComfyUi(output));
        }
    }

    [Theory]
    [InlineData("\"quotes\" and \\ backslashes \\n")]
    [InlineData("line\r\nbreaks\nand\ttabs")]
    [InlineData("emoji 🦊 👩‍👩‍👧 and 文字 and ü")]
    [InlineData("{{seed}} and {{prompt}} and {{nothing|else}}")]
    [InlineData("control \u0001\u0002\u001f\u007f characters")]
    [InlineData("]}}},\"9\":{\"class_type\":\"SaveImage\"}")]
    public async Task A_prompt_arrives_in_comfyui_unchanged_and_numbers_arrive_as_numbers(string prompt)
    {
        var jobId = await Gateway.Submit(new { workflowId = "sdxl_realism_v1", inputs = new { prompt, width = 64, height = 64, steps = 3, cfg = 6.5, seed = ulong.MaxValue } });
        (await Gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");

        var graph = await NewestGraphInComfyUi("sdxl_realism");

        graph.GetProperty("2").GetProperty("inputs").GetProperty("text").GetString().ShouldBe(prompt);
        var sampler = graph.GetProperty("5").GetProperty("inputs");
        sampler.GetProperty("seed").GetRawText().ShouldBe("18446744073709551615");
        sampler.GetProperty("steps").GetRawText().ShouldBe("3");
        sampler.GetProperty("cfg").GetRawText().ShouldBe("6.5");
    }

    [Fact]
    public async Task A_node_that_raises_fails_the_job_and_says_which()
    {
        var workflow = Graphs.Sleep(fail: "error");

        var job = await Gateway.End(await Gateway.Submit(new { workflow }, Gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("failed");
        var error = job.GetProperty("error");
        error.GetProperty("code").GetString().ShouldBe("COMFYUI_NODE_ERROR");
        error.GetProperty("nodeId").GetString().ShouldBe("2");
        error.GetProperty("nodeType").GetString().ShouldBe("GatewayTestSleep");
        error.GetProperty("attempts").GetInt32().ShouldBe(1);
        error.GetProperty("retryable").GetBoolean().ShouldBeFalse();
    }

    [Fact]
    public async Task Running_out_of_memory_is_an_error_of_its_own()
    {
        var job = await Gateway.End(await Gateway.Submit(new { workflow = Graphs.Sleep(fail: "oom") }, Gateway.Admin));

        job.GetProperty("error").GetProperty("code").GetString().ShouldBe("COMFYUI_OOM");
        job.GetProperty("error").GetProperty("recommendation").GetString().ShouldNotBeNullOrEmpty();
    }

    [Fact]
    public async Task Pictures_that_a_node_would_send_over_the_socket_are_outputs()
    {
        var graph = Graphs.Sleep();
        graph["4"] = new { class_type = "SaveImageWebsocket", inputs = new { images = new object[] { "1", 0 } } };

        var job = await Gateway.End(await Gateway.Submit(new { workflow = graph }, Gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        var outputs = job.GetProperty("outputs").EnumerateArray().ToDictionary(o => o.GetProperty("nodeId").GetString()!);
        outputs.Keys.Order().ShouldBe(["3", "4"]);
        (await Gateway.Admin.GetByteArrayAsync(outputs["4"].GetProperty("url").GetString(), Ct)).AsSpan(1, 3).ToArray().ShouldBe("PNG"u8.ToArray());
    }

    [Fact]
    public async Task A_prompt_that_comfyui_refuses_fails_the_job_with_its_reason()
    {
        var job = await Gateway.End(await Gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", checkpoint = "nowhere.safetensors" } }));

        job.GetProperty("status").GetString().ShouldBe("failed");
        job.GetProperty("error").GetProperty("code").GetString().ShouldBe("COMFYUI_NODE_ERROR");
        job.GetProperty("error").GetProperty("message").GetString()!.ShouldContain("nowhere.safetensors");
        job.GetProperty("error").GetProperty("nodeType").GetString().ShouldBe("CheckpointLoaderSimple");
    }

    [Fact]
    public async Task A_partly_valid_prompt_is_refused_whole()
    {
        var workflow = Graphs.Sleep();
        workflow["9"] = new { class_type = "SaveImage", inputs = new { images = new object[] { "1", 0 } } };

        var job = await Gateway.End(await Gateway.Submit(new { workflow }, Gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("failed");
        job.GetProperty("error").GetProperty("nodeId").GetString().ShouldBe("9");
    }

    [Fact]
    public async Task A_job_that_runs_too_long_is_interrupted()
    {
        var job = await Gateway.End(await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 600, seconds: 60), timeoutMs = 300 }, Gateway.Admin));

        job.GetProperty("status").GetString().ShouldBe("failed");
        job.GetProperty("error").GetProperty("code").GetString().ShouldBe("COMFYUI_TIMEOUT");
    }

    private async Task<byte[]> MadeByComfyUi(JsonElement output)
    {
        using var comfy = Gateway.ComfyUi();
        return await comfy.GetByteArrayAsync($"/view?filename={output.GetProperty("filename").GetString()}&type=output&subfolder={output.GetProperty("subfolder").GetString()}", Ct);
    }

    private async Task<JsonElement> NewestGraphInComfyUi(string prefix)
    {
        using var comfy = Gateway.ComfyUi();
        var history = await comfy.GetFromJsonAsync<JsonElement>("/history", Ct);
        return history.EnumerateObject()
            .Select(e => e.Value.GetProperty("prompt")[2])
            .Last(g => g.EnumerateObject().Any(n => n.Value.GetRawText().Contains(prefix, StringComparison.Ordinal)));
    }
}
