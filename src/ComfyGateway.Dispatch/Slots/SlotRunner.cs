using System.Globalization;
using ComfyGateway.Dispatch.Backends;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// Keeps the lane of one GPU slot running for as long as the gateway lives. Quartz starts it, and starts it again should it end or
/// should another gateway have had the slot; a lock sees to it that a slot has one runner.
/// </summary>
[DisallowConcurrentExecution]
internal sealed class SlotRunner(BackendPool backends, SlotLocks locks, LaneParts parts, IHostApplicationLifetime lifetime, ILogger<Lane> logger) : IJob
{
    public const string BackendKey = "backend";
    public const string NumberKey = "number";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var data = context.MergedJobDataMap;
        var slot = new Slot(data.GetString(BackendKey)!, int.Parse(data.GetString(NumberKey)!, CultureInfo.InvariantCulture));
        if (backends.Find(slot.Backend) is not { } backend)
        {
            return;
        }

        await using var held = await locks.TryTakeLock(slot, cancellationToken);
        if (held is not null)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping, held.Lost);
            using var lane = new Lane(held, backend, isLast: slot.Number >= backend.Slots, parts, logger);
            await lane.Run(stop.Token);
        }
    }
}
