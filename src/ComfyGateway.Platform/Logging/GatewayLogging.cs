using System.Globalization;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;
using ILogger = Serilog.ILogger;

namespace ComfyGateway.Platform.Logging;

/// <summary>Compact JSON lines in Production, lines for people in Development; both on standard output.</summary>
public static class GatewayLogging
{
    private const string ReadableLine = "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}";

    // These frameworks tell every statement and every poll at Information.
    private static readonly string[] Talkative = ["Microsoft", "System.Net.Http", "Quartz", "Marten", "Npgsql", "JasperFx", "Polly"];

    public static IServiceCollection AddGatewayLogging(this IServiceCollection services, GatewaySettings settings)
    {
        var logger = Create(settings);
        // As one provider of the framework's factory, which keeps the loggers that it makes: Serilog's own makes another for each that asks, and
        // each request asks. Serilog alone decides what is told.
        return services.AddSingleton<ILogger>(logger)
            .AddLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddSerilog(logger, dispose: true));
    }

    public static Logger Create(GatewaySettings settings)
    {
        var level = LevelOf(settings.LogLevel);
        var configuration = new LoggerConfiguration().MinimumLevel.Is(level).Enrich.FromLogContext();
        foreach (var source in Talkative)
        {
            configuration.MinimumLevel.Override(source, level > LogEventLevel.Warning || level == LogEventLevel.Verbose ? level : LogEventLevel.Warning);
        }

        // While it listens, the framework makes an activity and a scope of each request, to put ids of its own on the lines. It has nothing to say itself.
        configuration.MinimumLevel.Override("Microsoft.AspNetCore.Hosting.Diagnostics", LevelAlias.Off);
        return settings.Environment == GatewayEnvironment.Production
            ? configuration.WriteTo.Sink(new StreamSink(Console.OpenStandardOutput(), new RenderedCompactJsonFormatter())).CreateLogger()
            : configuration.WriteTo.Console(outputTemplate: ReadableLine, formatProvider: CultureInfo.InvariantCulture).CreateLogger();
    }

    private static LogEventLevel LevelOf(GatewayLogLevel level) => level switch
    {
        GatewayLogLevel.Trace => LogEventLevel.Verbose,
        GatewayLogLevel.Debug => LogEventLevel.Debug,
        GatewayLogLevel.Info => LogEventLevel.Information,
        GatewayLogLevel.Warn => LogEventLevel.Warning,
        GatewayLogLevel.Error => LogEventLevel.Error,
        _ => LogEventLevel.Fatal,
    };
}
