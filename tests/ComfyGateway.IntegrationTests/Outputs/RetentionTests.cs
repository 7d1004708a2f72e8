using System.Text.Json;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Retention;
using ComfyGateway.Outputs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Retention;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>What becomes of old jobs and their files, on both stores. Time is what the tests say.</summary>
public abstract class RetentionTests(PostgresFixture postgres) : IAsyncLifetime
{
    private TestGateway _gateway = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static DateTimeOffset Later => TimeProvider.System.GetUtcNow().AddMinutes(1);

    private IFileStore Store => _gateway.Part<IFileStore>();

    public async ValueTask InitializeAsync() => _gateway = await TestGateway.Start(postgres, await Settings());

    public ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return _gateway.DisposeAsync();
    }

    protected abstract Task<Dictionary<string, string>> Settings();

    [Fact]
    public async Task An_old_job_goes_with_all_its_files_and_its_events_stay_archived()
    {
        var old = await Finished();
        var url = old.GetProperty("outputs")[0].GetProperty("url").GetString()!;
        var jobId = old.GetProperty("jobId").GetGuid();
        await _gateway.User.GetByteArrayAsync($"{url}?format=webp", Ct);

        (await _gateway.Part<ExpiredJobs>().Archive(Later, Ct)).ShouldBe(1);
        (await _gateway.Part<ExpiredJobs>().Archive(Later, Ct)).ShouldBe(0);

        await _gateway.User.GetAsync($"/jobs/{jobId}", Ct).ShouldFail(404, "JOB_NOT_FOUND");
        await _gateway.User.GetAsync($"/jobs/{jobId}/history", Ct).ShouldFail(404, "JOB_NOT_FOUND");
        await _gateway.User.GetAsync(url, Ct).ShouldFail(404, "JOB_NOT_FOUND");
        (await _gateway.User.Json("/jobs")).GetProperty("count").GetInt32().ShouldBe(0);
        (await Stored()).ShouldBeEmpty();
        await using var session = _gateway.Part<IDocumentStore>().QuerySession();
        (await session.Events.FetchStreamStateAsync(jobId, Ct))!.IsArchived.ShouldBeTrue();
    }

    [Fact]
    public async Task A_job_that_ended_since_stays_and_so_does_one_that_still_waits()
    {
        var before = TimeProvider.System.GetUtcNow();
        var young = await Finished();
        var waiting = await _gateway.Submit(new { workflow = Graphs.Sleep(steps: 30, seconds: 30) }, _gateway.Admin);

        (await _gateway.Part<ExpiredJobs>().Archive(before, Ct)).ShouldBe(0);
        await _gateway.Part<OrphanSweep>().Sweep(Later, Ct);

        (await _gateway.User.GetByteArrayAsync(young.GetProperty("outputs")[0].GetProperty("url").GetString(), Ct)).ShouldNotBeEmpty();
        (await _gateway.Get($"/jobs/{waiting}")).GetProperty("status").GetString().ShouldBeOneOf("queued", "running");
        (await _gateway.Admin.PostAsync($"/jobs/{waiting}/cancel", null, Ct)).EnsureSuccessStatusCode();
        await _gateway.End(waiting);
    }

    [Fact]
    public async Task The_sweep_takes_what_no_job_has_and_nothing_else()
    {
        var job = await Finished();
        var jobId = job.GetProperty("jobId").GetGuid();
        var gone = Guid.CreateVersion7();
        string[] orphans = [OutputPath.Of(jobId, "of-a-try-before.png"), OutputPath.Of(gone, "a.png"), $"{gone}/of-an-earlier-version.png", $"converted/{gone}/b.webp"];
        string[] others = [$"uploads/{gone}", "uploads/a/b.png", "readme.txt", "some/thing.png", $"2026-01-01/00/{gone}-a.png", $"converted/{jobId}/c.webp"];
        foreach (var path in orphans.Concat(others))
        {
            await Store.Store(path, new MemoryStream([1]), Ct);
        }

        (await _gateway.Part<OrphanSweep>().Sweep(TimeProvider.System.GetUtcNow().AddDays(-1), Ct)).ShouldBe(0);
        (await _gateway.Part<OrphanSweep>().Sweep(Later, Ct)).ShouldBe(orphans.Length);

        var own = job.GetProperty("outputs").EnumerateArray().Select(o => o.GetProperty("storagePath").GetString()!);
        (await Stored()).ShouldBe(others.Concat(own), ignoreOrder: true);
    }

    private async Task<string[]> Stored() => await Store.List("", Ct).Select(f => f.Path).ToArrayAsync(Ct);

    private async Task<JsonElement> Finished() => await _gateway.End(
        await _gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } }));
}

public sealed class LocalRetentionTests(PostgresFixture postgres) : RetentionTests(postgres)
{
    protected override Task<Dictionary<string, string>> Settings() => Task.FromResult(new Dictionary<string, string>());
}

public sealed class S3RetentionTests(PostgresFixture postgres, S3Fixture s3) : RetentionTests(postgres)
{
    protected override Task<Dictionary<string, string>> Settings() => s3.NewBucket();
}
