using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// Runs the jobs of one GPU slot, one after the other, for as long as the gateway lives. Quartz sees to it that the slot has one
/// runner, and starts it again should it end.
/// </summary>
[DisallowConcurrentExecution]
internal sealed partial class SlotRunner(
    BackendPool backends, JobQueue queue, QueueSignal signal, JobRunner jobs, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<SlotRunner> logger)
    : IJob
{
    public const string BackendKey = "backend";
    public const string NumberKey = "number";

    // Signals wake at once; this is for what no signal tells, such as a retry whose time has come.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // Ended prompts whose outputs are still being stored. More would mean that the store is slower than the GPU.
    private const int MaxFinishing = 4;

    private readonly List<Task> _finishing = [];

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var data = context.MergedJobDataMap;
        var slot = new Slot(data.GetString(BackendKey)!, int.Parse(data.GetString(NumberKey)!, System.Globalization.CultureInfo.InvariantCulture));
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        try
        {
            await Run(slot, backends.Get(slot.Backend), stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What runs goes on in ComfyUI; the next runner of this slot finds it there.
        }
        finally
        {
            await Task.WhenAll(_finishing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Run(Slot slot, Backend backend, CancellationToken ct)
    {
        foreach (var held in await queue.HeldBy(slot, ct))
        {
            await RunOne(backend, held, ct);
        }

        while (true)
        {
            await backend.WaitUntilConnected(ct);
            var next = signal.Next;
            if (await TryClaim(slot, ct) is { } jobId)
            {
                await RunOne(backend, jobId, ct);
            }
            else
            {
                await Task.WhenAny(next, Task.Delay(Poll, clock, ct));
                ct.ThrowIfCancellationRequested();
            }
        }
    }

    private async Task<Guid?> TryClaim(Slot slot, CancellationToken ct)
    {
        try
        {
            return await queue.TryClaim(slot, ct);
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            LogNoDatabase(logger, slot, exception.Message);
            return null;
        }
    }

    private async Task RunOne(Backend backend, Guid jobId, CancellationToken ct)
    {
        _finishing.RemoveAll(t => t.IsCompleted);
        if (_finishing.Count >= MaxFinishing)
        {
            await Task.WhenAny(_finishing);
        }

        _finishing.Add(await jobs.Run(backend, jobId, ct));
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Slot {Slot} cannot reach the database: {Reason}")]
    private static partial void LogNoDatabase(ILogger logger, Slot slot, string reason);
}
