using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Features;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Workflows.Contracts;
using JasperFx.Events.Projections;
using Marten;
using Marten.Events.Projections;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Dispatch;

/// <summary>The queue, the ComfyUI servers, and the runners that bring the one to the other.</summary>
public static class DispatchModule
{
    // Below the 75 s after which ComfyUI closes an idle connection, so that no request is sent into a closing one.
    private static readonly TimeSpan IdleConnection = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(3);

    /// <param name="runsJobs">Whether this process runs jobs, and not only accepts and shows them.</param>
    public static IServiceCollection AddDispatch(this IServiceCollection services, bool runsJobs)
    {
        // The clients of the backends have a limit of their own, by progress where they send files.
        services.AddHttpClient(BackendFactory.HttpClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
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

        services
            .AddQueue()
            .AddRuns()
            .AddSingleton<DatabaseProbe>()
            .AddSingleton<BackendFactory>()
            .AddSingleton<GetHealth.HealthFigures>()
            .AddSingleton<BackendPool>()
            .AddSingleton<BackendChange>()
            .AddHostedService(provider => provider.GetRequiredService<BackendPool>())
            .AddHostedService<LoadedElsewhere>()
            .AddSingleton<INodeCatalogs, BackendNodeCatalogs>()
            .AddHostedService<UnfitMarks>()
            .AddSingleton<IdleSlots>()
            .AddSingleton<HandOffs>()
            .AddSingleton<SlotLocks>()
            .AddHostedService(provider => provider.GetRequiredService<SlotLocks>())
            .AddSingleton<LaneParts>()
            .AddSingleton<OrphanedJobs>()
            .ConfigureMarten(options =>
            {
                options.Storage.ExtendedSchemaObjects.Add(new QueueTable());
                options.Storage.ExtendedSchemaObjects.Add(new MeasureTable());
                options.Storage.ExtendedSchemaObjects.Add(new PictureTable());
                options.Projections.Snapshot<BackendRecord>(SnapshotLifecycle.Inline);
            });

        // After the pool, which must know its backends before anybody asks whose slots are gone.
        return runsJobs ? services.AddTransient<SlotRunner>().AddHostedService<SlotSchedule>() : services;
    }

    private static IServiceCollection AddQueue(this IServiceCollection services) => services
        .AddSingleton<QueueSignal>()
        .AddSingleton<Measures>()
        .AddHostedService(provider => provider.GetRequiredService<Measures>())
        .AddSingleton<RunTimes>()
        .AddSingleton<QueueDepth>()
        .AddHostedService(provider => provider.GetRequiredService<QueueDepth>())
        .AddSingleton<QueueLine>()
        .AddSingleton<WaitEstimates>()
        .AddSingleton<JobQueue>()
        .AddSingleton<JobClaims>()
        .AddSingleton<IJobQueue>(provider => provider.GetRequiredService<JobQueue>());

    private static IServiceCollection AddRuns(this IServiceCollection services) => services
        .AddSingleton<ProgressBoard>()
        .AddSingleton<RunPictures>()
        .AddSingleton<RemoteRuns>()
        .AddHostedService(provider => provider.GetRequiredService<RemoteRuns>())
        .AddSingleton<RetryPolicy>()
        .AddSingleton<PutBack>()
        .AddSingleton<InputDelivery>()
        .AddSingleton<JobGraphs>()
        .AddSingleton<PromptSubmitter>()
        .AddSingleton<PromptFollower>()
        .AddSingleton<OutputCollector>()
        .AddSingleton<PartialPrompts>()
        .AddSingleton<PromptTaker>()
        .AddSingleton<ActiveRuns>()
        .AddSingleton<JobPlacement>()
        .AddSingleton<RunPreparer>()
        .AddSingleton<RunFinisher>();
}
