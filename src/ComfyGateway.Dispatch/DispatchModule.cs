using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Features;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Workflows.Contracts;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Dispatch;

/// <summary>The queue, the ComfyUI servers, and the runners that bring the one to the other.</summary>
public static class DispatchModule
{
    // Below the 75 s after which ComfyUI closes an idle connection, so that no request is sent into a closing one.
    private static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ExchangeTimeout = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddDispatch(this IServiceCollection services)
    {
        services.AddHttpClient(BackendPool.HttpClientName, http => http.Timeout = ExchangeTimeout)
            .UseSocketsHttpHandler((handler, _) =>
            {
                handler.PooledConnectionIdleTimeout = IdleConnection;
                handler.ConnectTimeout = ConnectTimeout;
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.UseProxy = false;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();

        return services
            .AddQueue()
            .AddRuns()
            .AddSingleton<DatabaseProbe>()
            .AddSingleton<GetHealth.HealthFigures>()
            .AddSingleton<BackendPool>()
            .AddHostedService(provider => provider.GetRequiredService<BackendPool>())
            .AddSingleton<INodeCatalogs, BackendNodeCatalogs>()
            .AddSingleton<IdleSlots>()
            .AddSingleton<LaneParts>()
            .AddTransient<SlotRunner>()
            .AddSingleton<OrphanedJobs>()
            .AddHostedService<SlotSchedule>()
            .ConfigureMarten(options => options.Storage.ExtendedSchemaObjects.Add(new QueueTable()));
    }

    private static IServiceCollection AddQueue(this IServiceCollection services) => services
        .AddSingleton<QueueSignal>()
        .AddSingleton<RunTimes>()
        .AddSingleton<QueueDepth>()
        .AddHostedService(provider => provider.GetRequiredService<QueueDepth>())
        .AddSingleton<JobQueue>()
        .AddSingleton<IJobQueue>(provider => provider.GetRequiredService<JobQueue>());

    private static IServiceCollection AddRuns(this IServiceCollection services) => services
        .AddSingleton<ProgressBoard>()
        .AddSingleton<RetryPolicy>()
        .AddSingleton<PromptLocator>()
        .AddSingleton<PromptSubmitter>()
        .AddSingleton<PromptFollower>()
        .AddSingleton<OutputCollector>()
        .AddSingleton<PromptTaker>()
        .AddSingleton<ActiveRuns>()
        .AddSingleton<RunPreparer>()
        .AddSingleton<RunFinisher>();
}
