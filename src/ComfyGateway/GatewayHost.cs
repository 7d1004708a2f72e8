using System.Net;
using System.Reflection;
using Carter;
using ComfyGateway.Access;
using ComfyGateway.Dispatch;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Logging;
using ComfyGateway.Platform.Scheduling;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Workflows;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ComfyGateway;

/// <summary>Composes the modules into one web application.</summary>
internal static partial class GatewayHost
{
    // What a slow reader of a file costs, times thousands of them. With half of this, fast ones get no more than half as much (docs/performance.md).
    private const long MaxUnsent = 32 * 1024;

    internal static readonly Assembly[] Modules =
    [
        typeof(AccessModule).Assembly, typeof(DispatchModule).Assembly, typeof(JobsModule).Assembly,
        typeof(OutputsModule).Assembly, typeof(WorkflowsModule).Assembly,
    ];

    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private static readonly string[] ReadableHeaders =
        [CorrelationMiddleware.Header, "Location", "Retry-After", "ETag", "Content-Disposition", "Accept-Ranges", "Content-Range"];

    /// <summary>Migrates the database, registers the bundled workflows and begins to serve.</summary>
    public static async Task<WebApplication> Start(GatewaySettings settings, string connectionString, CancellationToken ct)
    {
        var app = Build(settings, connectionString);
        try
        {
            await CheckStore(app, ct);
            await app.Services.GetRequiredService<DatabaseSchema>().Apply(ct);
            await using (var scope = app.Services.CreateAsyncScope())
            {
                var bundled = scope.ServiceProvider.GetRequiredService<BundledWorkflows>();
                await bundled.Register(Path.Combine(AppContext.BaseDirectory, "workflows"), ct);
            }

            await Begin(app, ct);
            LogServing(app.Logger, app.Urls.First(), settings.Role);
            return app;
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    private static async Task Begin(WebApplication app, CancellationToken ct)
    {
        try
        {
            await app.StartAsync(ct);
        }
        catch
        {
            // What has begun by then is at work, and would fail loudly where what it needs is disposed of under it. The scheduler would wait
            // for a start that does not come.
            using var patience = new CancellationTokenSource(StopPatience);
            await app.StopAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }

    /// <summary>All of it composed, with nothing started and no connection made.</summary>
    internal static WebApplication Build(GatewaySettings settings, string connectionString)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions
        {
            EnvironmentName = settings.Environment.ToString(),
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.WebHost.ConfigureKestrel(kestrel => Configure(kestrel, settings));
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.MaxWriteBufferSize = MaxUnsent;
            // Nothing here blocks a thread, so a request can be read, served and answered by one, without changing over each time.
            sockets.UnsafePreferInlineScheduling = true;
            // A connection that waits holds a buffer of 4 KB, and each request is one call of the system less.
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.Host.UseDefaultServiceProvider(o => o.ValidateOnBuild = o.ValidateScopes = true);
        builder.Services
            // The command line owns the signals: one owner, so that stopping has one order.
            .AddSingleton<IHostLifetime, CommandLifetime>()
            .Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(20))
            .AddGatewayLogging(settings)
            .AddPlatform(settings, connectionString, Modules)
            .AddAccess()
            .AddWorkflows()
            .AddJobs()
            .AddOutputs()
            .AddDispatch(runsJobs: settings.Role != GatewayRole.Api)
            // Last, so that it stops first: the slots' runners still need the others to record what they have.
            .AddScheduler(clustered: settings.DatabaseUrl.Length > 0, runs: settings.Role != GatewayRole.Api)
            .AddCors(o => o.AddDefaultPolicy(p => Configure(p, settings)));

        var app = builder.Build();
        // Before all that may answer.
        app.UseMiddleware<OriginVariance>();
        app.UsePlatform();
        if (settings.Role == GatewayRole.Worker)
        {
            app.UseMiddleware<WorkerRoutes>();
        }

        app.UseRouting().UseCors();
        app.UseAccess();
        var routes = app.MapGroup("");
        routes.MapCarter();
        ((IEndpointConventionBuilder)routes).Add(AllowHead);
        return app;
    }

    /// <summary>Where GET is answered, HEAD is too (RFC 9110, 9.1); the server leaves the body out.</summary>
    private static void AllowHead(EndpointBuilder endpoint)
    {
        if (endpoint.Metadata.OfType<IHttpMethodMetadata>().LastOrDefault() is { HttpMethods: ["GET"] })
        {
            endpoint.Metadata.Add(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
        }
    }

    /// <summary>Outputs that cannot be kept are better known before the first job. A full disk still has outputs to serve.</summary>
    private static async Task CheckStore(WebApplication app, CancellationToken ct)
    {
        var condition = await app.Services.GetRequiredService<IFileStore>().Examine(ct);
        if (condition is { IsWritable: false, IsFull: false })
        {
            throw new StartException(condition.Problem!);
        }

        if (condition.IsFull)
        {
            LogFull(app.Logger, condition.Problem!);
        }
    }

    private static void Configure(KestrelServerOptions kestrel, GatewaySettings settings)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxRequestBodySize = RequestLimits.MaxBodyBytes;
        if (settings.Host is "localhost")
        {
            kestrel.ListenLocalhost(settings.Port);
        }
        else
        {
            kestrel.Listen(IPAddress.TryParse(settings.Host, out var address) ? address : Dns.GetHostAddresses(settings.Host)[0], settings.Port);
        }
    }

    private static void Configure(Microsoft.AspNetCore.Cors.Infrastructure.CorsPolicyBuilder policy, GatewaySettings settings)
    {
        policy.AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(ReadableHeaders);
        _ = settings.CorsOrigins.Contains("*") ? policy.AllowAnyOrigin() : policy.WithOrigins([.. settings.CorsOrigins]);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "ComfyGateway serves on {Url} as {Role}")]
    private static partial void LogServing(ILogger logger, string url, GatewayRole role);

    [LoggerMessage(Level = LogLevel.Error, Message = "No output can be kept: {Problem}")]
    private static partial void LogFull(ILogger logger, string problem);

    private sealed class CommandLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
