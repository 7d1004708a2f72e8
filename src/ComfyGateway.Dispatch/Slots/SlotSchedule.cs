using System.Globalization;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.Hosting;
using Quartz;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>Makes one Quartz job for each slot of the settings, and removes those of slots that are no more.</summary>
internal sealed class SlotSchedule(ISchedulerFactory schedulers, OrphanedJobs orphans, GatewaySettings settings) : IHostedService
{
    private const string Group = "slots";

    // A runner lives as long as the gateway; one that ended all the same begins again after this.
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(5);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var scheduler = await schedulers.GetScheduler(cancellationToken);
        var slots = settings.ComfyUiUrls.SelectMany(b => Enumerable.Range(0, settings.MaxConcurrency).Select(n => new Slot(b.Id, n))).ToDictionary(KeyOf);
        await orphans.Rescue([.. slots.Values], cancellationToken);
        foreach (var gone in (await scheduler.GetJobKeys(GroupMatcher<JobKey>.GroupEquals(Group), cancellationToken)).Where(k => !slots.ContainsKey(k)))
        {
            await scheduler.DeleteJob(gone, cancellationToken);
        }

        foreach (var (key, slot) in slots)
        {
            if (!await scheduler.Exists(key, cancellationToken))
            {
                await scheduler.ScheduleJob(Job(key, slot), Trigger(slot), cancellationToken: cancellationToken);
            }
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static JobKey KeyOf(Slot slot) => new(slot.ToString(), Group);

    private static IJobDetail Job(JobKey key, Slot slot) => JobBuilder.Create<SlotRunner>()
        .WithIdentity(key)
        .UsingJobData(SlotRunner.BackendKey, slot.Backend)
        .UsingJobData(SlotRunner.NumberKey, slot.Number.ToString(CultureInfo.InvariantCulture))
        .Build();

    private static ITrigger Trigger(Slot slot) => TriggerBuilder.Create()
        .WithIdentity(slot.ToString(), Group)
        .StartNow()
        // A runner whose gateway died after a minute or more has a trigger that is long overdue: Quartz would look for such ones once a
        // minute, where one that ignores that is fired as soon as the gateway counts as dead.
        .WithSimpleSchedule(s => s.WithInterval(Restart).RepeatForever().MeasureIntervalFromCompletion(true).WithMisfireInstruction(SimpleTriggerMisfireInstruction.IgnoreMisfires))
        .Build();
}
