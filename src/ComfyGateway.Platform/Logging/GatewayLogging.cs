using System.Globalization;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Compact;

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
        return services.AddSingleton<ILogger>(logger).AddSerilog(logger, dispose: true);
    }

    public static Logger Create(GatewaySettings settings)
    {
        var level = LevelOf(settings.LogLevel);
        var configuration = new LoggerConfiguration().MinimumLevel.Is(level).Enrich.FromLogContext();
        foreach (var source in Talkative)
        {
            configuration.MinimumLevel.Override(source, level > LogEventLevel.Warning || level == LogEventLevel.Verbose ? level : LogEventLevel.Warning);
        }

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
