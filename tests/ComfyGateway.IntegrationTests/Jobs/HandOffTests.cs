using System.Text.Json;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Json;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A job that comes while a slot has nothing to do is the slot's by the transaction that accepts it.</summary>
public sealed class HandOffTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_transaction_accepts_a_job_and_records_its_submission_where_a_slot_is_idle()
    {
        await using var gateway = await TestGateway.Start(postgres);

        // The slot is idle a while after the start, and after each job.
        await Eventually.Holds(async () =>
        {
            var job = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
            (await gateway.End(job)).GetProperty("status").GetString().ShouldBe("succeeded");
            return await Transactions(gateway, job) == 1;
        });
        gateway.Simulator.Statistics.Snapshot().MaxExecutionsOfOnePrompt.ShouldBe(1);
    }

    [Fact]
    public async Task Many_that_come_at_once_run_once_each()
    {
        await using var gateway = await TestGateway.Start(postgres);

        var jobs = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin)));
        foreach (var job in jobs)
        {
            (await gateway.End(job)).GetProperty("status").GetString().ShouldBe("succeeded");
        }

        gateway.Simulator.Statistics.Snapshot().FinishedPrompts.ShouldBe(jobs.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_slot_that_was_not_told_looks_what_became_of_it(bool isCommitted)
    {
        await using var gateway = await TestGateway.Start(postgres);
        var job = Job();

        // As the intake does it, up to the answer of the commit, which is lost.
        using (var handOff = await gateway.HandOff(job))
        {
            var acceptance = await gateway.Acceptance(job, handOff);
            if (isCommitted)
            {
                await gateway.Commit(acceptance);
            }
        }

        // And the slot goes on with what comes next.
        var next = await gateway.Submit(new { workflow = Graphs.Sleep() }, gateway.Admin);
        foreach (var accepted in isCommitted ? (Guid[])[job.JobId, next] : [next])
        {
            (await gateway.End(accepted)).GetProperty("status").GetString().ShouldBe("succeeded");
        }

        gateway.Simulator.Statistics.Snapshot().FinishedPrompts.ShouldBe(isCommitted ? 2 : 1);
    }

    private static JobQueued Job() => new(
        Guid.CreateVersion7(), null, 0, JsonText.From(JsonSerializer.SerializeToElement(Graphs.Sleep())), "owner", new Dictionary<string, JsonElement>(),
        null, 0, 60_000, true, null, "correlation", TimeProvider.System.GetUtcNow());

    /// <summary>How many transactions wrote the first two events of a job.</summary>
    private static async Task<long> Transactions(TestGateway gateway, Guid jobId)
    {
        await using var command = gateway.Part<NpgsqlDataSource>().CreateCommand(
            "select count(distinct xmin::text) from gateway.mt_events where stream_id = $1 and type in ('job_queued', 'job_submitted')");
        command.Parameters.Add(new() { Value = jobId });
        return (long)(await command.ExecuteScalarAsync(Ct))!;
    }
}
