using System.Reflection;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Network;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using ComfyGateway.Platform.Slices;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace ComfyGateway.Platform;

/// <summary>What every module stands on and what knows no word of the domain.</summary>
public static class PlatformModule
{
    public static IServiceCollection AddPlatform(
        this IServiceCollection services, GatewaySettings settings, string connectionString, params Assembly[] modules)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(settings)
            .AddSingleton(new GatewayProcess(TimeProvider.System))
            .AddApiJson()
            .AddProblemAnswers()
            .AddGuardedHttp()
            .AddEventStore(connectionString)
            .AddSlices(modules);
    }

    /// <summary>The middleware that goes before all other: correlation, request log, error answers.</summary>
    public static IApplicationBuilder UsePlatform(this IApplicationBuilder app) => app
        .UseCorrelation(app.ApplicationServices.GetRequiredService<TimeProvider>())
        .UseRequestLog()
        .UseProblemAnswers();
}
