using System.Text.Json;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Slots;

public sealed class OrphanedJobsTests(PostgresFixture postgres) : IAsyncLifetime
{
    private WebApplication _gateway = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        _gateway = GatewayHost.Build(
            TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = database, ["COMFYUI_URL"] = "gpu0=http://127.0.0.1:1" }), database);
        await Service<SlotLocks>().StartAsync(Ct);
        await Service<BackendPool>().StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        await Service<BackendPool>().StopAsync(CancellationToken.None);
        await Service<SlotLocks>().StopAsync(CancellationToken.None);
        await _gateway.DisposeAsync();
    }

    [Fact]
    public async Task A_job_whose_backend_was_added_again_since_the_slots_were_told_is_left_to_its_runner()
    {
        var (kept, orphan) = (await AcceptedBy("gpu0/1"), await AcceptedBy("gone/1"));

        // The slots of the moment in which gpu0 was removed.
        await Service<OrphanedJobs>().QueueAgain([], Ct);

        (await SlotOf(kept)).ShouldBe("gpu0/1");
        (await SlotOf(orphan)).ShouldBeNull();
    }

    private T Service<T>()
        where T : notnull => _gateway.Services.GetRequiredService<T>();

    private async Task<Guid> AcceptedBy(string slot)
    {
        var job = new JobQueued(
            Guid.CreateVersion7(), "icon_512", 1, null, "owner", new Dictionary<string, JsonElement>(), null, 0, 60_000, false, null, "correlation",
            new DateTimeOffset(2026, 11, 30, 1, 2, 3, TimeSpan.Zero));
        await Service<JobIntake>().Accept(job, Ct);
        await using var claim = Service<NpgsqlDataSource>().CreateCommand($"update {QueueTable.Name} set slot = $2 where job_id = $1");
        claim.Parameters.Add(new() { Value = job.JobId });
        claim.Parameters.Add(new() { Value = slot });
        (await claim.ExecuteNonQueryAsync(Ct)).ShouldBe(1);
        return job.JobId;
    }

    private async Task<string?> SlotOf(Guid jobId)
    {
        await using var find = Service<NpgsqlDataSource>().CreateCommand($"select slot from {QueueTable.Name} where job_id = $1");
        find.Parameters.Add(new() { Value = jobId });
        return await find.ExecuteScalarAsync(Ct) as string;
    }
}
