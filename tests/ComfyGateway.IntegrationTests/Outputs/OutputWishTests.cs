using System.Text.Json;
using NetVips;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>Jobs whose images are kept in another form.</summary>
public sealed class OutputWishTests(GatewayFixture fixture, PostgresFixture postgres) : GatewayTests(fixture)
{
    [Fact]
    public async Task Only_the_form_that_the_job_asked_for_is_kept()
    {
        var job = await Run(Gateway, new { format = "webp", quality = 50, width = 32 });

        var outputs = job.GetProperty("outputs").EnumerateArray().ToArray();
        outputs.Length.ShouldBe(2);
        foreach (var output in outputs)
        {
            var name = output.GetProperty("filename").GetString()!;
            name.ShouldEndWith(".webp");
            output.GetProperty("contentType").GetString().ShouldBe("image/webp");
            (output.GetProperty("width").GetInt32(), output.GetProperty("height").GetInt32()).ShouldBe((32, 32));
            using var image = Image.NewFromBuffer(await Gateway.User.GetByteArrayAsync(output.GetProperty("url").GetString(), Ct));
            image.Width.ShouldBe(32);
        }

        Directory.GetFiles(Gateway.StoragePath, $"*{job.GetProperty("jobId").GetString()}*", SearchOption.AllDirectories).Length.ShouldBe(2);
    }

    [Fact]
    public async Task Transparency_becomes_white_where_there_is_none()
    {
        var job = await Run(Gateway, new { format = "jpeg" });

        job.GetProperty("outputs")[0].GetProperty("filename").GetString()!.ShouldEndWith(".jpg");
        job.GetProperty("outputs")[0].GetProperty("contentType").GetString().ShouldBe("image/jpeg");
    }

    [Theory]
    [InlineData("""{"format":"bmp"}""", "output.format")]
    [InlineData("""{"format":"webp","quality":0}""", "output.quality")]
    [InlineData("""{"format":"webp","width":20000}""", "output.width")]
    [InlineData("""{"format":"webp","height":0}""", "output.height")]
    public async Task A_form_that_there_is_not_is_refused_naming_it(string output, string member)
    {
        var problem = await Gateway.User
            .PostText("/jobs", $$"""{"workflowId":"icon_512","inputs":{"prompt":"x"},"output":{{output}}}""")
            .ShouldFail(400, "VALIDATION_ERROR");

        problem.Members().ShouldBe([member]);
    }

    [Fact]
    public async Task In_privacy_mode_no_image_tells_its_prompt()
    {
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["PRIVACY_MODE"] = "true" });

        var job = await Run(gateway, output: null);

        var output = job.GetProperty("outputs")[0];
        var bytes = await gateway.User.GetByteArrayAsync(output.GetProperty("url").GetString(), Ct);
        bytes.AsSpan().IndexOf("CLIPTextEncode"u8).ShouldBe(-1);
        bytes.AsSpan().IndexOf("tEXt"u8).ShouldBe(-1);
        using var image = Image.NewFromBuffer(bytes);
        (image.Width, image.Height).ShouldBe((64, 64));
        image.Avg().ShouldBeGreaterThan(0);
    }

    private static async Task<JsonElement> Run(TestGateway gateway, object? output)
    {
        var inputs = new { prompt = "a secret", width = 64, height = 64, steps = 1, batch_size = 2 };
        var jobId = await gateway.Submit(output is null ? new { workflowId = "icon_512", inputs } : new { workflowId = "icon_512", inputs, output });
        var job = await gateway.End(jobId);
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        return job;
    }
}
