using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// One ComfyUI server: its client, its one socket, what is known of it and what is wanted of it. Prompts of several slots share the
/// socket.
/// </summary>
internal sealed partial class Backend : IDisposable
{
    private readonly ComfyUiSocket _socket;
    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly PromptWatches _watches = new();
    private readonly InheritedSockets _inherited;
    private DateTimeOffset _connectedAt;
    private volatile BackendMode _mode;
    private volatile LoadedModels _loaded = LoadedModels.None;

    /// <param name="open">Makes a socket to the server, with this client id or with an own one.</param>
    public Backend(BackendAddress address, int slots, ComfyUiClient client, Func<string?, ComfyUiSocket> open, TimeProvider clock, ILoggerFactory loggers)
    {
        (Address, Slots, Client, _clock, _logger) = (address, slots, client, clock, loggers.CreateLogger<Backend>());
        _socket = open(null);
        _inherited = new InheritedSockets(open, _watches);
        Probe = new BackendProbe(address, client, clock, loggers.CreateLogger<BackendProbe>());
        Circuit = new BackendCircuit(clock);
    }

    public BackendAddress Address { get; }

    public string Id => Address.Id;

    public Uri Url => Address.Url;

    /// <summary>How many jobs run there at once.</summary>
    public int Slots { get; }

    public ComfyUiClient Client { get; }

    public BackendProbe Probe { get; }

    public BackendCircuit Circuit { get; }

    public BackendState State => Probe.State;

    /// <summary>The models of the prompt that ran last, of whichever gateway, which it is likely to have in memory.</summary>
    public LoadedModels Loaded => _loaded;

    /// <summary>How many runs of this process are on this backend now.</summary>
    public int Busy => _watches.Count;

    public BackendMode Mode => _mode;

    /// <summary>Something about whether jobs may be sent here has changed.</summary>
    public event Action? Changed;

    /// <summary>The socket is open and the server has spoken on it.</summary>
    public bool IsConnected => _socket.IsConnected;

    /// <summary>Whether a slot that has <paramref name="sent"/> prompts here may send one more.</summary>
    public bool Takes(int sent) => IsConnected && _mode == BackendMode.Active && Circuit.Allows(sent);

    /// <summary>For people: healthy, unhealthy, draining or drained.</summary>
    /// <param name="busy">How many runs are there, of all gateways.</param>
    public string Condition(int busy) => _mode switch
    {
        BackendMode.Draining => busy == 0 ? "drained" : "draining",
        _ => State.Reachable && IsConnected && Circuit.IsClosed ? "healthy" : "unhealthy",
    };

    /// <summary>Keeps the socket open and looks after the server until <paramref name="ct"/>.</summary>
    public Task Run(CancellationToken ct) => Task.WhenAll(_socket.Run(Receive, ct), Probe.Run(ct));

    /// <summary>The client id that a prompt must name for its frames to come here.</summary>
    public Task<string> WaitUntilConnected(CancellationToken ct) => _socket.WaitUntilConnected(ct);

    /// <summary>The socket has been open since, and has told something.</summary>
    public bool HeardSince(DateTimeOffset time) => IsOpenSince(time) && _socket.LastFrameAt >= time;

    /// <summary>
    /// Opens another socket where this one has been open since and has told nothing, as one that ComfyUI has forgotten: it would stay mute for ever.
    /// </summary>
    public void ReplaceSocketIfMuteSince(DateTimeOffset time)
    {
        if (IsOpenSince(time) && _socket.LastFrameAt < time)
        {
            LogMute(_logger, Id);
            _ = _socket.Reset();
        }
    }

    /// <summary>Whether the prompt is one of this process.</summary>
    public bool Follows(string promptId) => _watches.Has(promptId);

    public PromptWatch Watch(string promptId) => _watches.Add(promptId);

    /// <summary>Hears of a prompt that was sent as this client, by a gateway that is gone if not by this one.</summary>
    public void Hear(PromptWatch watch, string clientId)
    {
        if (clientId != _socket.ClientId)
        {
            _inherited.Hear(clientId, watch);
        }
    }

    /// <summary>Stops being the client that sent the prompts so far, so that whoever follows them from now on can be it.</summary>
    public Task LeavePrompts() => _socket.Reset();

    public void Want(BackendMode mode)
    {
        if (_mode != mode)
        {
            _mode = mode;
            LogMode(_logger, Id, mode);
            Changed?.Invoke();
        }
    }

    /// <summary>A prompt of this process runs, and needs these; one that needs none leaves in memory what is there.</summary>
    public void Load(IReadOnlyList<string> models)
    {
        if (models.Count > 0)
        {
            _loaded = new LoadedModels(models, _clock.GetUtcNow(), IsOurs: true);
        }
    }

    /// <summary>What another gateway's prompts had loaded; a race with one of this process is mended by the next that is told.</summary>
    public void HearLoaded(IReadOnlyList<string> models, DateTimeOffset at)
    {
        if (at > _loaded.At)
        {
            _loaded = new LoadedModels(models, at, IsOurs: false);
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
    public void Ended(string promptId, PromptEnd end)
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

        Left(promptId);
    }

    /// <summary>A prompt is followed no more. Where it was on trial, others have waited for that.</summary>
    public void Left(string promptId)
    {
        if (Circuit.Leave(promptId))
        {
            Changed?.Invoke();
        }
    }

    public void Dispose() => Probe.Dispose();

    private ValueTask Receive(SocketMessage message, CancellationToken ct)
    {
        switch (message)
        {
            case SocketMessage.Connected:
            case SocketMessage.Disconnected:
                _connectedAt = _clock.GetUtcNow();
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

    private bool IsOpenSince(DateTimeOffset time) => IsConnected && _connectedAt < time;

    [LoggerMessage(Level = LogLevel.Information, Message = "Backend {Backend} is {Mode}")]
    private static partial void LogMode(ILogger logger, string backend, BackendMode mode);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Backend {Backend} told nothing of a prompt that ended; another socket is opened to it")]
    private static partial void LogMute(ILogger logger, string backend);

    [LoggerMessage(Level = LogLevel.Error, Message = "Backend {Backend} is given no jobs for now: {Reason}")]
    private static partial void LogTripped(ILogger logger, string backend, string reason);
}
