using System.Net;
using System.Text;
using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Network;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ComfyUi.Simulator.Http;

/// <summary>The web application around one simulated server.</summary>
internal static class SimulatorApplication
{
    public static WebApplication Build(SimulatorOptions options)
    {
        // Nothing of the surrounding process may reach in: no arguments, no environment, no settings file.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);
            kestrel.ResponseHeaderEncodingSelector = _ => Encoding.UTF8;
            kestrel.Listen(AddressOf(options.Host), options.Port);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(s => new NetworkGate(ActivatorUtilities.CreateInstance<SocketTransportFactory>(s)));
        builder.Services.AddSingleton<IConnectionListenerFactory>(s => s.GetRequiredService<NetworkGate>());
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        return builder.Build();
    }

    public static void Map(WebApplication app, EngineParts parts, SimulatedProcess process)
    {
        app.Use(OddAnswers.ForFailures);
        app.Use(new OriginCheck(parts.Options.EnableCorsHeader).Guard);
        app.Use(WithoutApiPrefix);
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.UseRouting();
        new InfoRoutes(parts, process).Map(app);
        new PromptRoutes(parts, process).Map(app);
        new QueueRoutes(parts, process).Map(app);
        new HistoryRoutes(process, parts.Faults).Map(app);
        new ViewRoutes(parts).Map(app);
        new UploadRoutes(parts.Folders, parts.Statistics, parts.Faults).Map(app);
        new SocketRoute(parts, process).Map(app);
        new ControlRoutes(parts, process).Map(app);
    }

    /// <summary>Every route exists under /api too.</summary>
    private static Task WithoutApiPrefix(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments("/api", out var rest) && rest.HasValue)
        {
            context.Request.Path = rest;
        }

        return next(context);
    }

    private static IPAddress AddressOf(string host) => IPAddress.TryParse(host, out var address)
        ? address
        : host == "localhost" ? IPAddress.Loopback : Dns.GetHostAddresses(host)[0];
}
