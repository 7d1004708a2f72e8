using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quartz;

namespace ComfyGateway.Platform.Scheduling;

/// <summary>Work that is done again and again, by one gateway at a time.</summary>
public static class RecurringWork
{
    private const string Group = "recurring";

    // At once: what is due daily would else never be done where no gateway runs at that time of the day.
    private const SimpleTriggerMisfireInstruction WhenMissed = SimpleTriggerMisfireInstruction.NowWithRemainingCount;

    /// <summary>
    /// Has <typeparamref name="T"/> run when it is first scheduled and then every interval. It must be marked so that it never runs twice
    /// at once.
    /// </summary>
    /// <param name="services">What it is added to.</param>
    /// <param name="interval">By the settings; where it is another than at the last start, it holds from now on.</param>
    public static IServiceCollection AddRecurringWork<T>(this IServiceCollection services, Func<GatewaySettings, TimeSpan> interval)
        where T : class, IJob => services
        .AddTransient<T>()
        .AddSingleton<IHostedService>(provider =>
            new Schedule<T>(provider.GetRequiredService<ISchedulerFactory>(), interval(provider.GetRequiredService<GatewaySettings>())));

    private sealed class Schedule<T>(ISchedulerFactory schedulers, TimeSpan interval) : IHostedService
        where T : IJob
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var scheduler = await schedulers.GetScheduler(cancellationToken);
            var trigger = TriggerBuilder.Create()
                .WithIdentity(typeof(T).Name, Group)
                .StartNow()
                .WithSimpleSchedule(s => s.WithInterval(interval).RepeatForever().WithMisfireInstruction(WhenMissed))
                .Build();
            // A store in the database knows it from an earlier start.
            if (await scheduler.GetTrigger(trigger.Key, cancellationToken) is not ISimpleTrigger known
                || known.RepeatInterval != interval
                || known.MisfireInstruction != WhenMissed)
            {
                var job = JobBuilder.Create<T>().WithIdentity(typeof(T).Name, Group).Build();
                await scheduler.ScheduleJob(job, trigger, ScheduleJobOptions.Replacing, cancellationToken);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
