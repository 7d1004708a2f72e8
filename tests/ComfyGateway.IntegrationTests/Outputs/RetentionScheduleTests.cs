using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Retention;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Retention;
using Marten;
using Quartz;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>Old jobs and files go by the scheduler's own doing; only its intervals are shortened.</summary>
public sealed class RetentionScheduleTests(PostgresFixture postgres)
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(300);

    private static readonly DateTimeOffset DaysAgo = TimeProvider.System.GetUtcNow().AddDays(-3);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_job_past_its_time_goes_with_its_files_and_a_young_one_stays()
    {
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["OUTPUT_RETENTION_DAYS"] = "2" });
        var (old, file) = await FinishedDaysAgo(gateway);
        var young = await gateway.End(await gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 64, height = 64, steps = 1 } }));

        await Hasten<RetentionRun>(gateway);

        await Eventually.Holds(async () => (await gateway.User.GetAsync($"/jobs/{old}", Ct)).StatusCode == System.Net.HttpStatusCode.NotFound);
        await Eventually.Holds(() => Task.FromResult(!Directory.Exists(Path.GetDirectoryName(file))));
        (await gateway.User.GetByteArrayAsync(young.GetProperty("outputs")[0].GetProperty("url").GetString(), Ct)).ShouldNotBeEmpty();
        (await gateway.User.Json("/jobs")).GetProperty("count").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task Without_a_retention_nothing_goes_however_old()
    {
        await using var gateway = await TestGateway.Start(postgres);
        var (old, file) = await FinishedDaysAgo(gateway);

        await Hasten<RetentionRun>(gateway);
        await Hasten<SweepRun>(gateway);
        await Fired<RetentionRun>(gateway, times: 3);
        await Fired<SweepRun>(gateway, times: 3);

        (await gateway.User.GetByteArrayAsync($"/outputs/{old}/a.png", Ct)).ShouldBe([1, 2, 3]);
        File.Exists(file).ShouldBeTrue();
    }

    [Fact]
    public async Task What_no_job_has_is_swept_up_with_what_was_left_unfinished()
    {
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["OUTPUT_RETENTION_DAYS"] = "2" });
        var orphan = await Stored(gateway, $"{Guid.CreateVersion7()}/a.png", DaysAgo);
        var unfinished = await Stored(gateway, ".unfinished/0123", DaysAgo);
        var young = await Stored(gateway, $"{Guid.CreateVersion7()}/a.png", TimeProvider.System.GetUtcNow());

        await Hasten<SweepRun>(gateway);

        await Eventually.Holds(() => Task.FromResult(!File.Exists(orphan) && !File.Exists(unfinished)));
        File.Exists(young).ShouldBeTrue();
    }

    private static async Task<(Guid JobId, string File)> FinishedDaysAgo(TestGateway gateway)
    {
        var jobId = Guid.CreateVersion7(DaysAgo);
        var file = await Stored(gateway, $"{jobId}/a.png", DaysAgo);
        var output = new JobOutput("a.png", "", $"{jobId}/a.png", 3, new string('0', 64), "image/png", "image", 1, 1, "9", DaysAgo);
        await using var session = gateway.Part<IDocumentStore>().LightweightSession();
        session.Events.StartStream<Job>(
            jobId,
            new JobQueued(jobId, "icon_512", 1, null, OwnerOf(TestGateway.UserKey), new Dictionary<string, System.Text.Json.JsonElement>(), 1, 0, 300_000, true, null, "old", DaysAgo),
            new JobSubmitted(1, "gpu0", "prompt", DaysAgo),
            new JobOutputStored(output, DaysAgo),
            new JobSucceeded(DaysAgo));
        await session.SaveChangesAsync(Ct);
        return (jobId, file);
    }

    private static string OwnerOf(string key) =>
        "key_" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(key)))[..12];

    private static async Task<string> Stored(TestGateway gateway, string path, DateTimeOffset at)
    {
        await gateway.Part<IFileStore>().Store(path, new MemoryStream([1, 2, 3]), Ct);
        var file = Path.Combine(gateway.StoragePath, path);
        File.SetLastWriteTimeUtc(file, at.UtcDateTime);
        return file;
    }

    private static async Task Hasten<T>(TestGateway gateway)
    {
        var scheduler = await gateway.Part<ISchedulerFactory>().GetScheduler(Ct);
        var trigger = (await scheduler.GetTrigger(KeyOf<T>(), Ct)).ShouldNotBeNull();
        var hasty = trigger.GetTriggerBuilder().StartNow().WithSimpleSchedule(s => s.WithInterval(Soon).RepeatForever()).Build();
        await scheduler.RescheduleJob(trigger.Key, hasty, Ct);
    }

    private static async Task Fired<T>(TestGateway gateway, int times)
    {
        var scheduler = await gateway.Part<ISchedulerFactory>().GetScheduler(Ct);
        await Eventually.Holds(async () => await scheduler.GetTrigger(KeyOf<T>(), Ct) is ISimpleTrigger trigger && trigger.TimesTriggered >= times);
    }

    private static TriggerKey KeyOf<T>() => new(typeof(T).Name, "recurring");
}
