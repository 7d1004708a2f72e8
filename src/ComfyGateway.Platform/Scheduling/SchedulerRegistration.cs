using Microsoft.Extensions.DependencyInjection;
using Quartz;

namespace ComfyGateway.Platform.Scheduling;

/// <summary>
/// Quartz keeps the long-lived and the recurring work alive. Over a shared PostgreSQL its store is clustered, so that each job
/// has one runner among all gateways; a gateway that owns its database is alone, and a store in memory is enough (docs/adr/0005).
/// </summary>
public static class SchedulerRegistration
{
    // Slot runners occupy a place for as long as the gateway lives: 64 slots on each of a few backends, and the recurring work.
    private const int MaxConcurrency = 512;

    private static readonly TimeSpan CheckinInterval = TimeSpan.FromSeconds(5);

    // By default half a minute: so long nobody would notice that a gateway which was stopped has left its slots.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <param name="clustered">Whether other gateways share the database.</param>
    /// <param name="runs">Whether this process runs what is scheduled, or leaves that to others.</param>
    public static IServiceCollection AddScheduler(this IServiceCollection services, bool clustered, bool runs)
    {
        services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(s => (s.InstanceName, s.IdleWaitTime) = ("comfy-gateway", LookInterval));
            quartz.UseDefaultThreadPool(p => p.MaxConcurrency = MaxConcurrency);
            if (clustered)
            {
                quartz.UsePersistentStore(store =>
                {
                    store.UsePostgres(o => o.UseRegisteredDataSource = true);
                    store.UseSystemTextJsonSerializer();
                    store.UseClustering(c => c.CheckinInterval = CheckinInterval);
                    store.ConfigureStore(o => o.StoreJobDataAsStrings = true);
                    store.ProvisionSchema();
                });
            }
        });
        return runs ? services.AddQuartzHostedService(o => o.WaitForJobsToComplete = true) : services;
    }
}
