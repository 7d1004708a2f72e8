using ComfyGateway.Access;
using ComfyGateway.Platform.Logging;
using ComfyGateway.Platform.Postgres;
using ComfyGateway.Platform.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Serilog;
using Serilog.Extensions.Logging;

namespace ComfyGateway;

/// <summary>A running gateway, with its own PostgreSQL where none was given. Disposing it stops both, the gateway first.</summary>
internal sealed class Gateway : IAsyncDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(25);

    private readonly WebApplication _app;
    private readonly EmbeddedPostgres? _postgres;

    private Gateway(WebApplication app, EmbeddedPostgres? postgres)
    {
        (_app, _postgres) = (app, postgres);
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>What it is made of, for tests that do what time would.</summary>
    internal IServiceProvider Parts => _app.Services;

    /// <summary>Where it listens.</summary>
    public Uri Url { get; }

    /// <exception cref="StartException">It cannot start; the message says what to do.</exception>
    public static async Task<Gateway> Start(GatewaySettings settings, CancellationToken ct)
    {
        if (Problem(settings) is { } problem)
        {
            throw new StartException(problem);
        }

        if (AccessModule.IsOpen(settings))
        {
            await Console.Error.WriteLineAsync("warning: there is no API_KEYS and no JWT_SECRET: EVERY request acts as admin. Do not let others reach this gateway.");
        }

        var postgres = settings.DatabaseUrl.Length == 0 ? await StartPostgres(settings, ct) : null;
        try
        {
            var connection = postgres?.ConnectionString ?? PostgresConnectionString.From(settings.DatabaseUrl);
            return new Gateway(await GatewayHost.Start(settings, connection, ct), postgres);
        }
        catch
        {
            await (postgres?.DisposeAsync() ?? ValueTask.CompletedTask);
            throw;
        }
    }

    /// <summary>Serves until <paramref name="ct"/>.</summary>
    public async Task Serve(CancellationToken ct)
    {
        var lifetime = _app.Services.GetRequiredService<IHostApplicationLifetime>();
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        await Task.Delay(Timeout.Infinite, stopping.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await Stop().WaitAsync(StopPatience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }
    }

    /// <summary>Whatever does not stop in time is left: what it had under way is taken up at the next start, as after a crash.</summary>
    private async Task Stop()
    {
        using var patience = new CancellationTokenSource(StopPatience);
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
    }

    private static string? Problem(GatewaySettings settings) => settings.Role != GatewayRole.All && settings.DatabaseUrl.Length == 0
        ? "DATABASE_URL: found nothing, accepted: the URL of the PostgreSQL that all processes share (one that does only a part cannot own it)"
        : AccessModule.StartProblem(settings);

    private static async Task<EmbeddedPostgres> StartPostgres(GatewaySettings settings, CancellationToken ct)
    {
        using var loggers = new SerilogLoggerFactory(GatewayLogging.Create(settings), dispose: true);
        return await EmbeddedPostgres.Start(
            new EmbeddedPostgresOptions(settings.DataPath, Environment.GetEnvironmentVariable("POSTGRES_BIN")),
            loggers.CreateLogger<EmbeddedPostgres>(), ct: ct);
    }
}

/// <summary>The gateway cannot start, for a reason that is the operator's to mend.</summary>
internal sealed class StartException(string message) : Exception(message);
