using System.Text.Json;
using ComfyGateway.Jobs;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.IntegrationTests;

/// <summary>A gateway that is put together on a database of its own and not started: its parts are at hand, and nothing happens but by the test.</summary>
public abstract class BuiltGatewayTest(PostgresFixture postgres) : IAsyncLifetime
{
    private WebApplication _gateway = null!;

    private protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    public virtual async ValueTask InitializeAsync()
    {
        var database = await postgres.CreateDatabase();
        _gateway = GatewayHost.Build(
            TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = database, ["COMFYUI_URL"] = "gpu0=http://127.0.0.1:1" }), database);
    }

    public virtual async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected T Part<T>()
        where T : notnull => _gateway.Services.GetRequiredService<T>();

    /// <summary>A job that was accepted and waits.</summary>
    private protected async Task<Guid> Accepted()
    {
        var job = new JobQueued(
            Guid.CreateVersion7(), "icon_512", 1, null, "owner", new Dictionary<string, JsonElement>(), null, 0, 60_000, false, null, "correlation",
            new DateTimeOffset(2026, 11, 30, 1, 2, 3, TimeSpan.Zero));
        await Part<JobIntake>().Accept(job, Ct);
        return job.JobId;
    }
}
