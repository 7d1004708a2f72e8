using System.Collections.Concurrent;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// Looks whether a server answers, every few seconds and when its socket comes or goes; and what it has, when it is back and when
/// its models changed.
/// </summary>
internal sealed partial class BackendProbe(BackendAddress address, ComfyUiClient client, TimeProvider clock, ILogger<BackendProbe> logger) : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Models are files: they come and go while the server runs.
    private static readonly TimeSpan ModelsInterval = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, bool> _abandoned = new();
    private readonly SemaphoreSlim _reading = new(1);
    private readonly WakeUp _nudge = new();
    private volatile BackendState _state = BackendState.Unknown;
    private DateTimeOffset _modelsAskedAt;

    public BackendState State => _state;

    /// <summary>What the server has was read, and is other than before.</summary>
    public event Action? InventoryChanged;

    public void Nudge() => _nudge.Raise();

    public void SawQueue(int depth) => _state = _state with { QueueDepth = depth };

    /// <summary>Nobody waits for this prompt any more: should the server still have it, it is removed when it answers again.</summary>
    public void Abandon(string promptId) => _abandoned[promptId] = true;

    public async Task Run(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            var nudge = _nudge.Next;
            await Refresh(ct);
            // The socket coming or going is news; without news the server is asked now and then.
            await Task.WhenAny(nudge, Task.Delay(Interval, clock, ct));
        }
    }

    /// <summary>What the server has, asked again where the last answer is older than <paramref name="age"/>.</summary>
    /// <exception cref="ComfyUiException">There is no answer.</exception>
    public async Task<BackendInventory> Inventory(TimeSpan age, CancellationToken ct)
    {
        await _reading.WaitAsync(ct);
        try
        {
            var now = clock.GetUtcNow();
            if (_state.Inventory.Nodes is null || now - _state.Inventory.ReadAt > age)
            {
                var before = _state.Inventory;
                _state = _state with { Inventory = await BackendInventory.Read(client, now, ct) };
                _modelsAskedAt = now;
                if (!_state.Inventory.IsAs(before))
                {
                    InventoryChanged?.Invoke();
                }
            }

            return _state.Inventory;
        }
        finally
        {
            _reading.Release();
        }
    }

    public void Dispose() => _reading.Dispose();

    private async Task Refresh(CancellationToken ct)
    {
        try
        {
            var queue = await client.GetQueue(ct);
            await RemoveAbandoned(queue, ct);
            var isBack = !_state.Reachable;
            var inventory = await RefreshInventory(isBack, ct);
            _state = new BackendState(true, queue.Running.Count + queue.Pending.Count, inventory, null, clock.GetUtcNow());
            if (isBack)
            {
                LogReachable(logger, address.Id, address.Url.Masked(), inventory.NodeTypes, inventory.Checkpoints.Count);
            }
        }
        catch (ComfyUiException exception)
        {
            if (_state.Reachable || _state == BackendState.Unknown)
            {
                LogUnreachable(logger, address.Id, address.Url.Masked(), exception.Message);
            }

            _state = _state with { Reachable = false, LastError = exception.Message };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    private async Task<BackendInventory> RefreshInventory(bool isBack, CancellationToken ct)
    {
        var now = clock.GetUtcNow();
        if (!isBack && now - _modelsAskedAt < ModelsInterval)
        {
            return _state.Inventory;
        }

        var isStale = isBack || await _state.Inventory.IsStale(client, ct);
        _modelsAskedAt = now;
        return isStale ? await Inventory(TimeSpan.Zero, ct) : _state.Inventory;
    }

    /// <summary>Each is looked for until it is gone: it may begin to run while it is deleted, and an interrupt can be lost.</summary>
    private async Task RemoveAbandoned(QueueSnapshot queue, CancellationToken ct)
    {
        foreach (var promptId in _abandoned.Keys)
        {
            if (queue.Running.Any(p => p.PromptId == promptId))
            {
                await client.Interrupt(promptId, ct);
            }
            else if (queue.Pending.Any(p => p.PromptId == promptId))
            {
                await client.DeleteFromQueue([promptId], ct);
            }
            else
            {
                _abandoned.TryRemove(promptId, out _);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "ComfyUI {Backend} at {Url} is reachable: {NodeTypes} node types, {Checkpoints} checkpoints")]
    private static partial void LogReachable(ILogger logger, string backend, string url, int nodeTypes, int checkpoints);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ComfyUI {Backend} at {Url} cannot be reached; jobs wait until it can: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string backend, string url, string reason);
}
