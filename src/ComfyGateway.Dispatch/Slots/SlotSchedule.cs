using System.Globalization;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>Keeps one Quartz job for each slot of the pool, and for one that is no more as long as it has jobs.</summary>
internal sealed partial class SlotSchedule(ISchedulerFactory schedulers, OrphanedJobs orphans, BackendPool pool, TimeProvider clock, ILogger<SlotSchedule> logger)
    : BackgroundService
{
    private const string Group = "slots";

    // A runner lives as long as the gateway; one that ended all the same begins again after this.
    private static readonly TimeSpan Restart = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan LookForOrphans = TimeSpan.FromSeconds(10);

    private readonly WakeUp _changed = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        pool.Changed += _changed.Raise;
        await Synchronise(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var changed = _changed.Next;
            await SynchroniseIfPossible(stoppingToken);
            await Task.WhenAny(changed, Task.Delay(LookForOrphans, clock, stoppingToken));
        }
    }

    private IEnumerable<Slot> Slots() => pool.All.SelectMany(b => Enumerable.Range(0, b.Slots).Select(n => new Slot(b.Id, n)));

    private async Task Synchronise(CancellationToken ct)
    {
        var scheduler = await schedulers.GetScheduler(ct);
        var pooled = Slots().ToArray();
        var slots = pooled.Concat(await orphans.SlotsLeft(pooled, ct)).ToDictionary(KeyOf);
        foreach (var gone in (await scheduler.GetJobKeys(GroupMatcher<JobKey>.GroupEquals(Group), ct)).Where(k => !slots.ContainsKey(k)))
        {
            await scheduler.DeleteJob(gone, ct);
        }

        foreach (var (key, slot) in slots)
        {
            if (!await scheduler.Exists(key, ct))
            {
                await scheduler.ScheduleJob(Job(key, slot), Trigger(slot), cancellationToken: ct);
            }
        }

        await orphans.QueueAgain(pooled, ct);
    }

    private async Task SynchroniseIfPossible(CancellationToken ct)
    {
        try
        {
            await Synchronise(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception) || exception is SchedulerException)
        {
            LogNotScheduled(logger, exception.Message);
            await Task.Delay(Pause, clock, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _changed.Raise();
        }
    }

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "The slots are not scheduled yet; trying again: {Reason}")]
    private static partial void LogNotScheduled(ILogger logger, string reason);
}
