using System.Collections.Concurrent;
using System.Threading.Channels;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// One ComfyUI server: its client, its one socket, and what is known of it. Prompts of several slots share the socket; each frame goes
/// to the watch of its prompt.
/// </summary>
internal sealed partial class Backend(BackendAddress address, ComfyUiClient client, ComfyUiSocket socket, TimeProvider clock, ILogger<Backend> logger)
{
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, PromptWatch> _watches = new();
    private readonly ConcurrentQueue<string> _abandoned = new();
    private readonly Channel<SocketMessage> _nudges = Channel.CreateBounded<SocketMessage>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile BackendState _state = BackendState.Unknown;

    public string Id => address.Id;

    public Uri Url => address.Url;

    public ComfyUiClient Client => client;

    public BackendState State => _state;

    /// <summary>How many runs are on this backend now.</summary>
    public int Busy => _watches.Count;

    /// <summary>Keeps the socket open and looks after the server until <paramref name="ct"/>.</summary>
    public Task Run(CancellationToken ct) => Task.WhenAll(socket.Run(Receive, ct), Probe(ct));

    /// <summary>The socket is open and the server has spoken on it.</summary>
    public bool IsConnected => socket.IsConnected;

    /// <summary>The client id that a prompt must name for its frames to come here.</summary>
    public Task<string> WaitUntilConnected(CancellationToken ct) => socket.WaitUntilConnected(ct);

    public PromptWatch Watch(string promptId)
    {
        var watch = new PromptWatch(promptId, stopped => _watches.TryRemove(stopped.PromptId, out _));
        _watches[promptId] = watch;
        return watch;
    }

    /// <summary>Nobody waits for this prompt any more: should the server still have it, it is removed when it answers again.</summary>
    public void Abandon(string promptId) => _abandoned.Enqueue(promptId);

    private async Task RemoveAbandoned(CancellationToken ct)
    {
        while (_abandoned.TryPeek(out var promptId))
        {
            await client.DeleteFromQueue([promptId], ct);
            await client.Interrupt(promptId, ct);
            _abandoned.TryDequeue(out _);
        }
    }

    private ValueTask Receive(SocketMessage message, CancellationToken ct)
    {
        switch (message)
        {
            case SocketMessage.Connected:
            case SocketMessage.Disconnected:
                // Frames may have been missed: every run looks for itself.
                foreach (var watch in _watches.Values)
                {
                    watch.Tell(message);
                }

                _nudges.Writer.TryWrite(message);
                break;
            case SocketMessage.Status status:
                _state = _state with { QueueDepth = status.QueueRemaining };
                break;
            default:
                if (PromptOf(message) is { } promptId && _watches.TryGetValue(promptId, out var owner))
                {
                    owner.Tell(message);
                }

                break;
        }

        return ValueTask.CompletedTask;
    }

    private static string? PromptOf(SocketMessage message) => message switch
    {
        SocketMessage.ExecutionStart m => m.PromptId,
        SocketMessage.ExecutionCached m => m.PromptId,
        SocketMessage.Executing m => m.PromptId,
        SocketMessage.Progress m => m.PromptId,
        SocketMessage.ProgressState m => m.PromptId,
        SocketMessage.Executed m => m.PromptId,
        SocketMessage.ExecutionSuccess m => m.PromptId,
        SocketMessage.ExecutionError m => m.PromptId,
        SocketMessage.ExecutionInterrupted m => m.PromptId,
        SocketMessage.Preview m => m.PromptId,
        _ => null,
    };

    private async Task Probe(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            await Refresh(ct);
            // The socket coming or going is news; without news the server is asked now and then.
            var nudge = _nudges.Reader.WaitToReadAsync(ct).AsTask();
            await Task.WhenAny(nudge, Task.Delay(ProbeInterval, clock, ct));
            _nudges.Reader.TryRead(out _);
        }
    }

    /// <summary>Asks whether the server answers; what it has only after it was away, since that is a large answer.</summary>
    private async Task Refresh(CancellationToken ct)
    {
        try
        {
            await RemoveAbandoned(ct);
            var queue = await client.GetQueue(ct);
            var before = _state;
            var inventory = before.Reachable ? before.Inventory : await BackendInventory.Read(client, ct);
            _state = new BackendState(true, queue.Running.Count + queue.Pending.Count, inventory, null);
            if (!before.Reachable)
            {
                LogReachable(logger, Id, address.Url.Masked(), inventory.NodeTypes, inventory.Checkpoints.Count);
            }
        }
        catch (ComfyUiException exception)
        {
            if (_state.Reachable || _state == BackendState.Unknown)
            {
                LogUnreachable(logger, Id, address.Url.Masked(), exception.Message);
            }

            _state = _state with { Reachable = false, LastError = exception.Message };
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "ComfyUI {Backend} at {Url} is reachable: {NodeTypes} node types, {Checkpoints} checkpoints")]
    private static partial void LogReachable(ILogger logger, string backend, string url, int nodeTypes, int checkpoints);

    [LoggerMessage(Level = LogLevel.Warning, Message = "ComfyUI {Backend} at {Url} cannot be reached; jobs wait until it can: {Reason}")]
    private static partial void LogUnreachable(ILogger logger, string backend, string url, string reason);
}
