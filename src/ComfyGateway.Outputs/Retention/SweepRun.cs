using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Settings;
using Quartz;

namespace ComfyGateway.Outputs.Retention;

/// <summary>Tidies the store daily. Whole files are deleted only where the settings let anything be deleted.</summary>
[DisallowConcurrentExecution]
internal sealed class SweepRun(OrphanSweep orphans, IFileStore store, GatewaySettings settings, TimeProvider clock) : IJob
{
    public static readonly TimeSpan Interval = TimeSpan.FromDays(1);

    // Longer than anything takes to be stored and recorded.
    private static readonly TimeSpan Grace = TimeSpan.FromDays(1);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var before = clock.GetUtcNow() - Grace;
        await store.Tidy(before, cancellationToken);
        if (settings.OutputRetentionDays > 0)
        {
            await orphans.Sweep(before, cancellationToken);
        }
    }
}
