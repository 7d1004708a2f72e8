using System.Text.Json;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

public sealed class QueueLineTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const int Looks = 1000;

    private const string ClaimOrRecall = $"update {QueueTable.Name} set slot = case when slot is null then 'gpu0/0' end";

    private WebApplication _gateway = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        _gateway = GatewayHost.Build(TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = database }), database);
    }

    public async ValueTask DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task A_job_has_a_place_in_the_moment_in_which_it_is_claimed_or_recalled()
    {
        var job = new JobQueued(
            Guid.CreateVersion7(), "icon_512", 1, null, "owner", new Dictionary<string, JsonElement>(), null, 0, 60_000, false, null, "correlation",
            new DateTimeOffset(2026, 11, 30, 1, 2, 3, TimeSpan.Zero));
        await Service<JobIntake>().Accept(job, Ct);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        var changing = Change(enough.Token);

        for (var look = 0; look < Looks; look++)
        {
            // A new one each time: what one has seen it keeps for a moment.
            var line = new QueueLine(Service<NpgsqlDataSource>(), Service<RunTimes>(), TimeProvider.System);
            (await line.Find([job.JobId], Ct)).Keys.ShouldContain(job.JobId, $"look {look}");
        }

        await enough.CancelAsync();
        (await changing).ShouldBeGreaterThan(Looks / 100);
    }

    private async Task<int> Change(CancellationToken ct)
    {
        var changes = 0;
        for (; !ct.IsCancellationRequested; changes++)
        {
            await using var change = Service<NpgsqlDataSource>().CreateCommand(ClaimOrRecall);
            await change.ExecuteNonQueryAsync(CancellationToken.None);
        }

        return changes;
    }

    private T Service<T>()
        where T : notnull => _gateway.Services.GetRequiredService<T>();
}
