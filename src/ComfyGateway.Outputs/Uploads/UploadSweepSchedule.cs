using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.Hosting;
using Quartz;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>Makes the one Quartz job that sweeps uploads, with the interval that the settings ask for.</summary>
internal sealed class UploadSweepSchedule(ISchedulerFactory schedulers, GatewaySettings settings) : IHostedService
{
    private const string Name = "upload-sweep";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        var job = JobBuilder.Create<UploadSweep>().WithIdentity(Name).Build();
        var trigger = TriggerBuilder.Create()
            .WithIdentity(Name)
            .StartNow()
            .WithSimpleSchedule(s => s.WithInterval(UploadLifetime.IntervalOf(settings)).RepeatForever())
            .Build();
        await scheduler.ScheduleJob(job, trigger, ScheduleJobOptions.Replacing, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
