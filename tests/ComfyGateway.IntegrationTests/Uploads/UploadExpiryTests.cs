using ComfyGateway.IntegrationTests.Workflows;

namespace ComfyGateway.IntegrationTests.Uploads;

public sealed class UploadExpiryTests(UploadExpiryTests.ShortLived fixture) : IClassFixture<UploadExpiryTests.ShortLived>
{
    [Fact]
    public async Task An_upload_that_no_job_needs_expires_with_its_bytes()
    {
        var upload = await fixture.Gateway.User.Uploaded(UploadCalls.Picture());

        await Eventually.Holds(async () => (int)(await fixture.Gateway.User.Send("HEAD", $"/uploads/{upload.Id()}")).StatusCode == 404);

        await Eventually.Holds(() => Task.FromResult(!File.Exists(Path.Combine(fixture.Gateway.StoragePath, "uploads", upload.Id()))));
    }

    [Fact]
    public async Task An_upload_that_is_sent_again_lives_on_from_then()
    {
        var picture = UploadCalls.Picture();
        var id = (await fixture.Gateway.User.Uploaded(picture)).Id();
        var since = TimeProvider.System.GetTimestamp();

        // Three times as long as an upload lives here.
        await Eventually.Holds(async () =>
        {
            (await fixture.Gateway.User.Upload(picture).ShouldBe(200)).Id().ShouldBe(id);
            return TimeProvider.System.GetElapsedTime(since) > TimeSpan.FromSeconds(6);
        });

        await Eventually.Holds(async () => (int)(await fixture.Gateway.User.Send("HEAD", $"/uploads/{id}")).StatusCode == 404);
    }

    [Fact]
    public async Task An_upload_that_a_queued_job_needs_does_not_expire()
    {
        var gateway = fixture.Gateway;
        var upload = await gateway.User.Uploaded(UploadCalls.Picture());
        var workflow = await gateway.Register(
            """{"1": {"class_type": "LoadImage", "inputs": {"image": "{{image}}"}}, "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x"}}}""");
        var first = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 3) }, gateway.Admin);
        var second = await gateway.Submit(new { workflow = Graphs.Sleep(steps: 10, seconds: 3) }, gateway.Admin);
        var jobId = await gateway.Submit(new { workflowId = workflow, inputs = new { image = $"upload:{upload.Id()}" } });

        // Six seconds before the job's turn, three times as long as an upload lives here.
        await gateway.End(first);
        await gateway.End(second);

        (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
        await Eventually.Holds(async () => (int)(await gateway.User.Send("HEAD", $"/uploads/{upload.Id()}")).StatusCode == 404);
    }

    [Fact]
    public async Task A_file_of_which_nothing_is_recorded_is_deleted_once_it_is_old()
    {
        var folder = Directory.CreateDirectory(Path.Combine(fixture.Gateway.StoragePath, "uploads"));
        var (old, young) = (Path.Combine(folder.FullName, Guid.CreateVersion7().ToString()), Path.Combine(folder.FullName, Guid.CreateVersion7().ToString()));
        await File.WriteAllTextAsync(old, "left by a crash", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(young, "being recorded", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(old, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(-1));

        await Eventually.Holds(() => Task.FromResult(!File.Exists(old)));

        File.Exists(young).ShouldBeTrue();
    }

    public sealed class ShortLived(PostgresFixture postgres) : GatewayFixture(postgres)
    {
        protected override IReadOnlyDictionary<string, string> Settings => new Dictionary<string, string> { ["UPLOAD_TTL_SECONDS"] = "2" };
    }
}
