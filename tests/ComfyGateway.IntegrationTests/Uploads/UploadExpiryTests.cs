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
