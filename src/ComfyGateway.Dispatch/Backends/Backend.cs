using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// One ComfyUI server: its client, its one socket, what is known of it and what is wanted of it. Prompts of several slots share the
/// socket.
/// </summary>
internal sealed partial class Backend(BackendAddress address, int slots, ComfyUiClient client, ComfyUiSocket socket, TimeProvider clock, ILoggerFactory loggers)
    : IDisposable
{
    private readonly ILogger _logger = loggers.CreateLogger<Backend>();
    private readonly PromptWatches _watches = new();
    private DateTimeOffset _connectedAt;
    private volatile BackendMode _mode;
    private volatile IReadOnlyList<string> _loaded = [];

    public BackendAddress Address => address;

    public string Id => address.Id;

    public Uri Url => address.Url;

    /// <summary>How many jobs run there at once.</summary>
    public int Slots => slots;

    public ComfyUiClient Client => client;

    public BackendProbe Probe { get; } = new(address, client, clock, loggers.CreateLogger<BackendProbe>());

    public BackendCircuit Circuit { get; } = new(clock);

    public BackendState State => Probe.State;

    /// <summary>The models of the prompt that ran last, which it is likely to have in memory.</summary>
    public IReadOnlyList<string> LoadedModels => _loaded;

    /// <summary>How many runs are on this backend now.</summary>
    public int Busy => _watches.Count;

    public BackendMode Mode => _mode;

    /// <summary>Something about whether jobs may be sent here has changed.</summary>
    public event Action? Changed;

    /// <summary>The socket is open and the server has spoken on it.</summary>
    public bool IsConnected => socket.IsConnected;

    /// <summary>Whether a slot that has <paramref name="sent"/> prompts here may send one more.</summary>
    public bool Takes(int sent) => IsConnected && _mode == BackendMode.Active && Circuit.Allows(sent);

    /// <summary>For people: healthy, unhealthy, draining or drained.</summary>
    public string Condition => _mode switch
    {
        BackendMode.Draining => Busy == 0 ? "drained" : "draining",
        _ => State.Reachable && IsConnected && Circuit.IsClosed ? "healthy" : "unhealthy",
    };

    /// <summary>Keeps the socket open and looks after the server until <paramref name="ct"/>.</summary>
    public Task Run(CancellationToken ct) => Task.WhenAll(socket.Run(Receive, ct), Probe.Run(ct));

    /// <summary>The client id that a prompt must name for its frames to come here.</summary>
    public Task<string> WaitUntilConnected(CancellationToken ct) => socket.WaitUntilConnected(ct);

    /// <summary>The socket has been open since, and has told something.</summary>
    public bool HeardSince(DateTimeOffset time) => IsConnected && _connectedAt < time && socket.LastFrameAt >= time;

    /// <summary>Whether the prompt is one of this process.</summary>
    public bool Follows(string promptId) => _watches.Has(promptId);

    public PromptWatch Watch(string promptId) => _watches.Add(promptId);

    public void Want(BackendMode mode)
    {
        if (_mode != mode)
        {
            _mode = mode;
            LogMode(_logger, Id, mode);
            Changed?.Invoke();
        }
    }

    public void Loaded(IReadOnlyList<string> models)
    {
        if (models.Count > 0)
        {
            _loaded = models;
        }
    }

    /// <summary>It takes prompts and runs none.</summary>
    public void Trip(string reason)
    {
        LogTripped(_logger, Id, reason);
        Circuit.Trip(reason);
        Changed?.Invoke();
    }

    /// <summary>Whether a prompt comes to an end here is what tells a server that works from one that only answers.</summary>
    public void Ended(PromptEnd end)
    {
        switch (end)
        {
            case PromptEnd.Ended:
                Circuit.Worked();
                break;
            case PromptEnd.Lost lost:
                Circuit.Failed(lost.Error.Message);
                Changed?.Invoke();
                break;
        }
    }

    public void Dispose() => Probe.Dispose();

    private ValueTask Receive(SocketMessage message, CancellationToken ct)
    {
        switch (message)
        {
            case SocketMessage.Connected:
            case SocketMessage.Disconnected:
                _connectedAt = clock.GetUtcNow();
                // Frames may have been missed: every run looks for itself.
                _watches.TellAll(message);
                Probe.Nudge();
                Changed?.Invoke();
                break;
            case SocketMessage.Status status:
                Probe.SawQueue(status.QueueRemaining);
                break;
            default:
                _watches.TellOwner(message);
                break;
        }

        return ValueTask.CompletedTask;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Backend {Backend} is {Mode}")]
    private static partial void LogMode(ILogger logger, string backend, BackendMode mode);

    [LoggerMessage(Level = LogLevel.Error, Message = "Backend {Backend} is given no jobs for now: {Reason}")]
    private static partial void LogTripped(ILogger logger, string backend, string reason);
}
