using System.Globalization;
using ComfyGateway.Dispatch.Backends;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// Keeps the lane of one GPU slot running for as long as the gateway lives. Quartz sees to it that a slot has one runner, and starts
/// it again should it end.
/// </summary>
[DisallowConcurrentExecution]
internal sealed class SlotRunner(BackendPool backends, LaneParts parts, IHostApplicationLifetime lifetime, ILogger<Lane> logger) : IJob
{
    public const string BackendKey = "backend";
    public const string NumberKey = "number";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var data = context.MergedJobDataMap;
        var slot = new Slot(data.GetString(BackendKey)!, int.Parse(data.GetString(NumberKey)!, CultureInfo.InvariantCulture));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        if (backends.Find(slot.Backend) is { } backend)
        {
            using var lane = new Lane(slot, backend, parts, logger);
            await lane.Run(stop.Token);
        }
    }
}
