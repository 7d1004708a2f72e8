using ComfyGateway.Dispatch.Queue;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

public sealed class QueueLineTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    private const int Looks = 1000;

    private const string ClaimOrRecall = $"update {QueueTable.Name} set slot = case when slot is null then 'gpu0/0' end";

    [Fact]
    public async Task A_job_has_a_place_in_the_moment_in_which_it_is_claimed_or_recalled()
    {
        var jobId = await Accepted();
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var changing = Change(enough.Token);

        for (var look = 0; look < Looks; look++)
        {
            // A new one each time: what one has seen it keeps for a moment.
            var line = new QueueLine(Part<NpgsqlDataSource>(), Part<RunTimes>(), TimeProvider.System);
            (await line.Find([jobId], Ct)).Keys.ShouldContain(jobId, $"look {look}");
        }

        await enough.CancelAsync();
        (await changing).ShouldBeGreaterThan(Looks / 100);
    }

    private async Task<int> Change(CancellationToken ct)
    {
        var changes = 0;
        for (; !ct.IsCancellationRequested; changes++)
        {
            await using var change = Part<NpgsqlDataSource>().CreateCommand(ClaimOrRecall);
            await change.ExecuteNonQueryAsync(CancellationToken.None);
        }

        return changes;
    }
}
