using System.Text.Json;
using ComfyGateway.IntegrationTests.Workflows;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.IntegrationTests.Uploads;

/// <summary>Files as inputs, from the client to ComfyUI's input folder.</summary>
public sealed class ImageInputTests(ImageInputTests.PrivateAddresses fixture) : IClassFixture<ImageInputTests.PrivateAddresses>
{
    // Model-free: runs on a real ComfyUI as it is.
    private const string Invert = """
        {"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}},
         "2": {"class_type": "ImageInvert", "inputs": {"image": ["1", 0]}},
         "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "inverted"}}}
        """;

    private TestGateway Gateway => fixture.Gateway;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Comfyui_gets_the_bytes_that_were_uploaded()
    {
        var picture = UploadCalls.Picture(40, 24);
        var upload = await Gateway.User.Uploaded(picture);

        var job = await Run(new { image = $"upload:{upload.Id()}" });

        var output = job.GetProperty("outputs").EnumerateArray().ShouldHaveSingleItem();
        output.GetProperty("width").GetInt32().ShouldBe(40);
        output.GetProperty("height").GetInt32().ShouldBe(24);
        (await SeenByComfyUi(upload.GetProperty("sha256").GetString()!)).ShouldBe(picture);
    }

    [Fact]
    public async Task A_data_url_becomes_an_upload_of_the_owner_and_the_record_keeps_only_its_id()
    {
        var picture = UploadCalls.Picture();

        var job = await Run(new { image = $"data:image/jpeg;base64,{Convert.ToBase64String(picture)}" });

        var queued = (await Gateway.Get($"/jobs/{job.GetProperty("jobId").GetString()}/history")).GetProperty("events")[0].GetProperty("data");
        var reference = queued.GetProperty("inputs").GetProperty("image").GetString()!;
        reference.ShouldStartWith("upload:");
        (await Gateway.User.GetByteArrayAsync($"/uploads/{reference["upload:".Length..]}", Ct)).ShouldBe(picture);
        queued.GetRawText().ShouldNotContain("base64");
    }

    [Fact]
    public async Task A_url_is_fetched_when_the_job_is_accepted_and_once()
    {
        var picture = UploadCalls.Picture();
        await using var server = await RemoteServer.Start(c => c.Response.Body.WriteAsync(picture, c.RequestAborted).AsTask());

        var job = await Run(new { image = new Uri(server.Url, "/cats/tom%20cat.png?size=1").ToString() });

        server.Requests.ShouldBe(1);
        var reference = (await Gateway.Get($"/jobs/{job.GetProperty("jobId").GetString()}/history")).GetProperty("events")[0].GetProperty("data")
            .GetProperty("inputs").GetProperty("image").GetString()!;
        using var kept = await Gateway.User.GetAsync($"/uploads/{reference["upload:".Length..]}", Ct);
        (await kept.Content.ReadAsByteArrayAsync(Ct)).ShouldBe(picture);
        kept.Content.Headers.ContentDisposition!.FileName!.ShouldContain("tom cat.png");
    }

    [Fact]
    public async Task The_same_picture_is_brought_once_and_shared_by_jobs()
    {
        var upload = await Gateway.User.Uploaded(UploadCalls.Picture());
        var workflow = await Gateway.Register(Invert);
        var before = UploadRequests();

        var jobs = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Gateway.Submit(new { workflowId = workflow, inputs = new { image = $"upload:{upload.Id()}" } })));
        foreach (var job in jobs)
        {
            (await Gateway.End(job)).GetProperty("status").GetString().ShouldBe("succeeded");
        }

        (UploadRequests() - before).ShouldBe(1);
    }

    [Fact]
    public async Task What_comfyui_has_lost_is_brought_again()
    {
        var picture = UploadCalls.Picture();
        var upload = await Gateway.User.Uploaded(picture);
        var workflow = await Gateway.Register(Invert.Replace("inverted", "{{prefix}}", StringComparison.Ordinal));
        await Succeed(workflow, new { image = $"upload:{upload.Id()}", prefix = "first" });
        File.Delete(InputFile(upload));

        var job = await Succeed(workflow, new { image = $"upload:{upload.Id()}", prefix = "second" });

        job.GetProperty("attempts").GetInt32().ShouldBe(1);
        (await File.ReadAllBytesAsync(InputFile(upload), Ct)).ShouldBe(picture);
    }

    [Fact]
    public async Task What_comfyui_has_lost_is_brought_again_also_where_a_part_of_the_graph_does_not_need_it()
    {
        var upload = await Gateway.User.Uploaded(UploadCalls.Picture());
        var workflow = await Gateway.Register(Invert.Replace("inverted", "{{prefix}}", StringComparison.Ordinal).Replace(
            "{\"1\":",
            """
            {"4": {"class_type": "EmptyImage", "inputs": {"width": 32, "height": 32, "batch_size": 1, "color": 7}},
             "5": {"class_type": "SaveImage", "inputs": {"images": ["4", 0], "filename_prefix": "{{prefix}}"}},
             "1":
            """,
            StringComparison.Ordinal));
        await Succeed(workflow, new { image = $"upload:{upload.Id()}", prefix = "whole" });
        File.Delete(InputFile(upload));

        var job = await Succeed(workflow, new { image = $"upload:{upload.Id()}", prefix = "part" });

        job.GetProperty("outputs").GetArrayLength().ShouldBe(2);
        job.GetProperty("attempts").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_on_its_way_is_replaced()
    {
        var picture = UploadCalls.Picture();
        var upload = await Gateway.User.Uploaded(picture);
        Directory.CreateDirectory(Path.GetDirectoryName(InputFile(upload))!);
        await File.WriteAllBytesAsync(InputFile(upload), picture[..50], Ct);

        await Run(new { image = $"upload:{upload.Id()}" });

        (await File.ReadAllBytesAsync(InputFile(upload), Ct)).ShouldBe(picture);
    }

    [Fact]
    public async Task A_job_that_is_canceled_while_its_file_is_brought_ends_at_once_and_holds_up_no_other()
    {
        var upload = await Gateway.User.Uploaded(UploadCalls.Picture());
        var workflow = await Gateway.Register(Invert);
        var before = Gateway.Simulator.Statistics.Snapshot().ReceivedPrompts;
        await Gateway.Simulator.Faults.SlowUploads(TimeSpan.FromMinutes(10));
        try
        {
            var jobId = await Gateway.Submit(new { workflowId = workflow, inputs = new { image = $"upload:{upload.Id()}" } });
            await Gateway.Until(jobId, j => j.GetProperty("attempts").GetInt32() == 1);

            await Gateway.User.PostAsync($"/jobs/{jobId}/cancel", null, Ct).ShouldBe(202);

            (await Gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("canceled");
            Gateway.Simulator.Statistics.Snapshot().ReceivedPrompts.ShouldBe(before);
            var other = await Gateway.End(await Gateway.Submit(new { workflow = Graphs.Sleep() }, Gateway.Admin));
            other.GetProperty("status").GetString().ShouldBe("succeeded");
        }
        finally
        {
            await Gateway.Simulator.Faults.SlowUploads(TimeSpan.Zero);
        }

        await Succeed(workflow, new { image = $"upload:{upload.Id()}" });
    }

    [Fact]
    public async Task A_job_runs_though_its_upload_was_deleted_after_it_was_accepted()
    {
        var upload = await Gateway.User.Uploaded(UploadCalls.Picture());
        var workflow = await Gateway.Register(Invert);
        var blocker = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 1) }, Gateway.Admin);
        var next = await Gateway.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 1) }, Gateway.Admin);
        var jobId = await Gateway.Submit(new { workflowId = workflow, inputs = new { image = $"upload:{upload.Id()}" } });

        (await Gateway.User.DeleteAsync($"/uploads/{upload.Id()}", Ct)).EnsureSuccessStatusCode();

        await Gateway.User.GetAsync($"/uploads/{upload.Id()}", Ct).ShouldFail(404, "UPLOAD_NOT_FOUND");
        (await Gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
        await Gateway.End(blocker);
        await Gateway.End(next);
    }

    [Fact]
    public async Task Somebody_elses_upload_is_refused_and_an_admin_may_use_any()
    {
        using var other = Gateway.Client(TestGateway.OtherKey);
        var upload = await other.Uploaded(UploadCalls.Picture());
        var workflow = await Gateway.Register(Invert);
        var body = $$"""{"workflowId": "{{workflow}}", "inputs": {"image": "upload:{{upload.Id()}}" } }""";

        (await Gateway.User.PostText("/jobs", body).ShouldFail(400, "VALIDATION_ERROR")).Members().ShouldBe(["inputs.image"]);
        await Gateway.Admin.PostText("/jobs", body).ShouldBe(202);
    }

    [Theory]
    [InlineData("\"cat.png\"", "upload:")]
    [InlineData("\"../cat.png\"", "upload:")]
    [InlineData("\"\"", "file")]
    [InlineData("7", "string")]
    [InlineData("\"upload:x\"", "upload:")]
    [InlineData("\"upload:0198c0de-0000-7000-8000-000000000000\"", "names no upload")]
    [InlineData("\"data:image/png,abc\"", "base64")]
    [InlineData("\"data:image/png;base64,a!\"", "base64")]
    [InlineData("\"data:image/png;base64,aGVsbG8=\"", "no kind that is accepted")]
    [InlineData("\"data:;base64,\"", "empty")]
    [InlineData("\"http://user:pw@127.0.0.1/a.png\"", "without user and password")]
    [InlineData("\"http://[::1\"", "http or https URL")]
    [InlineData("\"file:///etc/passwd\"", "upload:")]
    public async Task A_reference_to_nothing_that_is_accepted_names_the_input(string image, string reason)
    {
        var workflow = await Gateway.Register(Invert);

        foreach (var path in new[] { "/jobs", $"/workflows/{workflow}/render" })
        {
            var id = path == "/jobs" ? $"\"workflowId\": \"{workflow}\", " : "";
            var problem = await Gateway.User.PostText(path, $$"""{{{id}}"inputs": {"image": {{image}} } }""").ShouldFail(400, "VALIDATION_ERROR");
            problem.Members().ShouldBe(["inputs.image"]);
            problem.GetProperty("message").GetString()!.ShouldContain(reason);
        }
    }

    [Fact]
    public async Task What_a_url_gives_is_checked_like_an_upload()
    {
        await using var page = await RemoteServer.Start(c => c.Response.WriteAsync("<html>"));
        await using var missing = await RemoteServer.Start(c =>
        {
            c.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var workflow = await Gateway.Register(Invert);

        (await Refusal(workflow, page.Url)).ShouldContain("no kind that is accepted");
        (await Refusal(workflow, missing.Url)).ShouldContain("was answered with 404");
    }

    [Fact]
    public async Task Render_shows_the_name_that_comfyui_will_get_and_keeps_nothing()
    {
        var picture = UploadCalls.Picture();
        var sha256 = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(picture));
        var workflow = await Gateway.Register(Invert);
        var body = $$"""{"inputs": {"image": "data:image/png;base64,{{Convert.ToBase64String(picture)}}" } }""";

        var rendered = await Gateway.User.PostText($"/workflows/{workflow}/render", body).ShouldBe(200);
        var validated = await Gateway.User.PostText($"/workflows/{workflow}/validate", body).ShouldBe(200);

        rendered.GetProperty("prompt").GetProperty("1").GetProperty("inputs").GetProperty("image").GetString().ShouldBe($"gateway/{sha256}.png");
        validated.GetProperty("valid").GetBoolean().ShouldBeTrue(validated.GetRawText());
        await Gateway.User.Upload(picture).ShouldBe(201);
    }

    [Fact]
    public async Task Validate_says_as_data_what_is_wrong_with_a_file()
    {
        var workflow = await Gateway.Register(Invert);

        var answer = await Gateway.User.PostText($"/workflows/{workflow}/validate", """{"inputs": {"image": "upload:0198c0de-0000-7000-8000-000000000000"}}""").ShouldBe(200);

        answer.GetProperty("problems").EnumerateArray().ShouldHaveSingleItem().GetProperty("path").GetString().ShouldBe("inputs.image");
    }

    private async Task<string> Refusal(string workflow, Uri url) =>
        (await Gateway.User.PostText("/jobs", $$"""{"workflowId": "{{workflow}}", "inputs": {"image": "{{url}}" } }""").ShouldFail(400, "VALIDATION_ERROR"))
            .GetProperty("message").GetString()!;

    private async Task<JsonElement> Run(object inputs) => await Succeed(await Gateway.Register(Invert), inputs);

    private async Task<JsonElement> Succeed(string workflow, object inputs)
    {
        var job = await Gateway.End(await Gateway.Submit(new { workflowId = workflow, inputs }));
        job.GetProperty("status").GetString().ShouldBe("succeeded", job.GetRawText());
        return job;
    }

    private async Task<byte[]> SeenByComfyUi(string sha256)
    {
        using var comfyUi = Gateway.ComfyUi();
        return await comfyUi.GetByteArrayAsync($"/view?type=input&subfolder=gateway&filename={sha256}.png", Ct);
    }

    private string InputFile(JsonElement upload) =>
        Path.Combine(Gateway.Simulator.DataPath, "input", "gateway", $"{upload.GetProperty("sha256").GetString()}.png");

    private int UploadRequests() => Gateway.Simulator.Statistics.Uploads;

    public sealed class PrivateAddresses(PostgresFixture postgres) : GatewayFixture(postgres)
    {
        protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["WEBHOOK_ALLOW_PRIVATE"] = "true" };
    }
}
