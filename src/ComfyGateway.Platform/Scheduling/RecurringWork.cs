using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Quartz;

namespace ComfyGateway.Platform.Scheduling;

/// <summary>Work that is done again and again, by one gateway at a time.</summary>
public static class RecurringWork
{
    private const string Group = "recurring";

    /// <summary>Has <typeparamref name="T"/> run at the start and then every <paramref name="interval"/>. It must be marked so that it never runs twice at once.</summary>
    public static IServiceCollection AddRecurringWork<T>(this IServiceCollection services, TimeSpan interval)
        where T : class, IJob => services
        .AddTransient<T>()
        .AddSingleton<IHostedService>(provider => new Schedule<T>(provider.GetRequiredService<ISchedulerFactory>(), interval));

    private sealed class Schedule<T>(ISchedulerFactory schedulers, TimeSpan interval) : IHostedService
        where T : IJob
    {
        public async Task StartAsync(CancellationToken cancellationToken)
        {
            var scheduler = await schedulers.GetScheduler(cancellationToken);
            var key = new JobKey(typeof(T).Name, Group);
            // A store in the database knows it from an earlier start.
            if (!await scheduler.Exists(key, cancellationToken))
            {
                var trigger = TriggerBuilder.Create()
                    .WithIdentity(key.Name, Group)
                    .StartNow()
                    .WithSimpleSchedule(s => s.WithInterval(interval).RepeatForever())
                    .Build();
                await scheduler.ScheduleJob(JobBuilder.Create<T>().WithIdentity(key).Build(), trigger, cancellationToken: cancellationToken);
            }
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
