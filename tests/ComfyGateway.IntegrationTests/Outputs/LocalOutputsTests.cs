namespace ComfyGateway.IntegrationTests.Outputs;

public sealed class LocalOutputsTests(LocalJob fixture, PostgresFixture postgres) : OutputsTests(fixture), IClassFixture<LocalJob>
{
    [Fact]
    public async Task A_redirect_to_the_store_needs_s3()
    {
        var problem = await Job.Gateway.User.GetAsync($"{Job.Url}?redirect=true", Ct).ShouldFail(400, "VALIDATION_ERROR");

        problem.Members().ShouldBe(["redirect"]);
    }

    [Fact]
    public async Task A_disk_that_is_no_folder_stops_the_start_naming_the_setting()
    {
        var file = Path.GetTempFileName();

        var failure = await Should.ThrowAsync<StartException>(() => TestGateway.Start(postgres, new Dictionary<string, string> { ["STORAGE_LOCAL_PATH"] = file }));

        failure.Message.ShouldStartWith($"STORAGE_LOCAL_PATH: found \"{file}\"");
        File.Delete(file);
    }
}
