using System.Text.Json;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Json;
using Marten;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>What is written in bulk must be what Marten would have written, to the column.</summary>
public sealed class AcceptedJobsTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly string[] Tables = ["mt_streams t where id", "mt_events t where stream_id", "mt_doc_jobview t where id"];

    private WebApplication _gateway = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private IDocumentStore Store => _gateway.Services.GetRequiredService<IDocumentStore>();

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        _gateway = GatewayHost.Build(TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = database }), database);
    }

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    public static TheoryData<string?, string?> Workflows => new() { { "icon_512", null }, { null, """{"1": {"class_type": "X", "inputs": {}}}""" } };

    [Theory]
    [MemberData(nameof(Workflows))]
    public async Task A_job_lies_in_the_tables_as_marten_would_have_put_it(string? workflowId, string? inline)
    {
        var (bulk, single) = (Job(workflowId, inline), Job(workflowId, inline));
        await using (var session = Store.LightweightSession())
        {
            _gateway.Services.GetRequiredService<AcceptedJobs>().Add(session, [bulk, Job(workflowId, inline)]);
            await session.SaveChangesAsync(Ct);
        }

        await using (var session = Store.LightweightSession())
        {
            var stream = session.Events.StartStream<Job>(single.JobId, single);
            (stream.Events[0].CorrelationId, stream.Events[0].UserName) = (single.CorrelationId, single.Owner);
            await session.SaveChangesAsync(Ct);
        }

        foreach (var table in Tables)
        {
            (await Row(table, bulk.JobId)).ShouldBe(await Row(table, single.JobId), table);
        }
    }

    [Fact]
    public async Task Marten_reads_and_continues_it()
    {
        var job = Job("icon_512", null);
        await using var session = Store.LightweightSession();
        _gateway.Services.GetRequiredService<AcceptedJobs>().Add(session, [job]);
        await session.SaveChangesAsync(Ct);

        session.Events.Append(job.JobId, new JobCanceled(job.At));
        await session.SaveChangesAsync(Ct);

        (await session.Events.FetchStreamAsync(job.JobId, token: Ct)).Select(e => (e.Version, e.Data.GetType())).ShouldBe([(1L, typeof(JobQueued)), (2L, typeof(JobCanceled))]);
        (await session.LoadAsync<JobView>(job.JobId, Ct)).ShouldNotBeNull().Status.ShouldBe(JobStatus.Canceled);
        (await session.Events.AggregateStreamAsync<Job>(job.JobId, token: Ct)).ShouldNotBeNull().Owner.ShouldBe(job.Owner);
    }

    private static JobQueued Job(string? workflowId, string? inline) => new(
        Guid.CreateVersion7(), workflowId, 1, inline is null ? null : JsonText.From(JsonElement.Parse(inline)), "owner",
        new Dictionary<string, JsonElement> { ["prompt"] = JsonElement.Parse("\"a 'quoted' \\\"text\\\" ☃\"") }, ulong.MaxValue, 3, 1000, true,
        JsonElement.Parse("""{"requestId": "r"}"""), "correlation", new DateTimeOffset(2026, 11, 22, 1, 2, 3, 456, TimeSpan.Zero))
    {
        Models = ["a.safetensors"],
    };

    /// <summary>All columns but those of time and order, with the job's id taken out.</summary>
    private async Task<string> Row(string table, Guid jobId)
    {
        await using var command = _gateway.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            $"select (to_jsonb(t) - 'seq_id' - 'timestamp' - 'created' - 'mt_last_modified' - case when '{table}' like 'mt_events%' then 'id' else '' end)::text from gateway.{table} = $1");
        command.Parameters.Add(new() { Value = jobId });
        return ((string)(await command.ExecuteScalarAsync(Ct))!).Replace(jobId.ToString(), "ID", StringComparison.Ordinal);
    }
}
