using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>A client that waits for its job while the database is away.</summary>
public sealed class WaitWithoutDatabaseTests(PostgresFixture postgres)
{
    // Of the gateway's connections those that last looked for a job's view, which is what who waits does.
    private const string Cut = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and pid <> pg_backend_pid() and query like 'select%mt_doc_jobview%'
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_post_that_waits_is_not_told_that_nothing_was_accepted()
    {
        var database = await postgres.CreateDatabase();
        await using var gateway = await TestGateway.Start(postgres, new Dictionary<string, string> { ["DATABASE_URL"] = database });
        await using var other = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        await other.OpenAsync(Ct);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/jobs") { Content = JsonContent.Create(new { workflow = Graphs.Sleep(steps: 30, seconds: 3) }) };
        request.Headers.Add("Prefer", "wait=10");

        var answering = gateway.Admin.SendAsync(request, Ct);
        await Eventually.Holds(async () =>
        {
            await using var cut = new NpgsqlCommand(Cut, other);
            await cut.ExecuteNonQueryAsync(Ct);
            return answering.IsCompleted;
        });

        using var response = await answering;
        response.StatusCode.ShouldBeOneOf(HttpStatusCode.OK, HttpStatusCode.Accepted);
        var jobId = (await response.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("jobId").GetGuid();
        (await gateway.End(jobId)).GetProperty("status").GetString().ShouldBe("succeeded");
    }
}
