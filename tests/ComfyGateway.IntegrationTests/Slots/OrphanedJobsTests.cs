using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Slots;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Slots;

public sealed class OrphanedJobsTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        await Part<SlotLocks>().StartAsync(Ct);
        await Part<BackendPool>().StartAsync(Ct);
    }

    public override async ValueTask DisposeAsync()
    {
        await Part<BackendPool>().StopAsync(CancellationToken.None);
        await Part<SlotLocks>().StopAsync(CancellationToken.None);
        await base.DisposeAsync();
    }

    [Fact]
    public async Task A_job_whose_backend_was_added_again_since_the_slots_were_told_is_left_to_its_runner()
    {
        var (kept, orphan) = (await AcceptedBy("gpu0/1"), await AcceptedBy("gone/1"));

        // The slots of the moment in which gpu0 was removed.
        await Part<OrphanedJobs>().QueueAgain([], Ct);

        (await SlotOf(kept)).ShouldBe("gpu0/1");
        (await SlotOf(orphan)).ShouldBeNull();
    }

    private async Task<Guid> AcceptedBy(string slot)
    {
        var jobId = await Accepted();
        await using var claim = Part<NpgsqlDataSource>().CreateCommand($"update {QueueTable.Name} set slot = $2 where job_id = $1");
        claim.Parameters.Add(new() { Value = jobId });
        claim.Parameters.Add(new() { Value = slot });
        (await claim.ExecuteNonQueryAsync(Ct)).ShouldBe(1);
        return jobId;
    }

    private async Task<string?> SlotOf(Guid jobId)
    {
        await using var find = Part<NpgsqlDataSource>().CreateCommand($"select slot from {QueueTable.Name} where job_id = $1");
        find.Parameters.Add(new() { Value = jobId });
        return await find.ExecuteScalarAsync(Ct) as string;
    }
}
