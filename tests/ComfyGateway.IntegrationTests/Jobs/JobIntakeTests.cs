using System.Text.Json;
using ComfyGateway.Jobs;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.IntegrationTests.Jobs;

public sealed class JobIntakeTests(PostgresFixture postgres)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>As when the connection breaks between the commit and its answer, and the commit is tried again.</summary>
    [Fact]
    public async Task A_job_that_was_committed_though_nobody_heard_of_it_is_accepted()
    {
        var database = await postgres.CreateDatabase();
        await using var gateway = GatewayHost.Build(TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = database }), database);
        var intake = gateway.Services.GetRequiredService<JobIntake>();
        await intake.StartAsync(Ct);
        var job = new JobQueued(
            Guid.CreateVersion7(), "icon_512", 1, null, "o", new Dictionary<string, JsonElement>(), null, 0, 1000, true, null, "c", TimeProvider.System.GetUtcNow());

        await intake.Accept(job, Ct);
        await intake.Accept(job, Ct);

        await intake.StopAsync(Ct);
        await using var session = gateway.Services.GetRequiredService<IDocumentStore>().QuerySession();
        (await session.Events.FetchStreamAsync(job.JobId, token: Ct)).Count.ShouldBe(1);
    }
}
