using ComfyGateway.Platform.Settings;
using Quartz;

namespace ComfyGateway.Jobs.Retention;

[DisallowConcurrentExecution]
internal sealed class RetentionRun(ExpiredJobs jobs, GatewaySettings settings, TimeProvider clock) : IJob
{
    public static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        if (settings.OutputRetentionDays > 0)
        {
            await jobs.Archive(clock.GetUtcNow().AddDays(-settings.OutputRetentionDays), cancellationToken);
        }
    }
}
