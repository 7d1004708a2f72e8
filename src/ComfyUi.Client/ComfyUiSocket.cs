using System.Net.WebSockets;
using ComfyUi.Client.Sockets;
using Microsoft.Extensions.Logging;

namespace ComfyUi.Client;

/// <summary>
/// One long-lived WebSocket to a ComfyUI server. After the server ended a connection it comes back with the same client id; after we
/// gave one up, with a new id: the server may still hold the old connection, and would drop the new one together with it.
/// </summary>
/// <param name="baseUrl">http or https, with the path that precedes /ws; credentials in it become Basic authentication.</param>
/// <param name="options">Time limits and sizes.</param>
/// <param name="time">Clock of the time limits, except for the pings.</param>
/// <param name="logger">Told of connections, not of messages.</param>
/// <param name="connect">Opens WebSockets; null for those of .NET.</param>
public sealed class ComfyUiSocket(
    Uri baseUrl, ComfyUiSocketOptions options, TimeProvider time, ILogger logger, WebSocketConnector? connect = null) : IAsyncDisposable
{
    private readonly ServerAddress _address = ServerAddress.Of(baseUrl);
    private readonly WebSocketConnector _connect = connect ?? ClientWebSockets.Connector(options);
    private readonly CancellationTokenSource _dispose = new();
    private readonly SocketState _state = new(time, options.ClientId);
    private SocketConnection? _current;
    private Task _running = Task.CompletedTask;
    private int _runs;

    /// <summary>The id of the current connection, or that of the next one.</summary>
    public string ClientId => _state.ClientId;

    /// <summary>The server has sent a frame on the current connection.</summary>
    public bool IsConnected => _state.IsConnected;

    /// <summary>When the last frame arrived, pongs not counted; <see cref="DateTimeOffset.MinValue"/> before the first.</summary>
    public DateTimeOffset LastFrameAt => _state.LastFrameAt;

    /// <summary>
    /// Connects, and connects again whenever the connection ends, until <paramref name="ct"/> is cancelled or the socket disposed; then
    /// closes and returns. Can be called once.
    /// </summary>
    /// <param name="receive">
    /// Called with one message after the other. It may be slow: reading goes on meanwhile, no state is lost, but progress and previews
    /// are. What it throws is logged. Its token is cancelled at the end.
    /// </param>
    /// <param name="ct">Ends the run.</param>
    public Task Run(Func<SocketMessage, CancellationToken, ValueTask> receive, CancellationToken ct)
    {
        if (Interlocked.Exchange(ref _runs, 1) != 0)
        {
            throw new InvalidOperationException("A socket runs once.");
        }

        return _running = RunUntilStopped(receive, ct);
    }

    /// <summary>Waits until a frame of the server has arrived, so that it will tell of prompts queued from now on.</summary>
    /// <returns>The client id to name in prompts.</returns>
    public Task<string> WaitUntilConnected(CancellationToken ct) => _state.WhenConnected.WaitAsync(ct);

    /// <summary>
    /// Gives up the current connection, as one that is open but tells nothing. Returns when it is closed; a new one with a new client
    /// id follows. Does nothing while there is none.
    /// </summary>
    public Task Reset() => Volatile.Read(ref _current)?.GiveUp() ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (!_dispose.IsCancellationRequested)
        {
            await _dispose.CancelAsync();
            await _running;
            _dispose.Dispose();
        }
    }

    private async Task RunUntilStopped(Func<SocketMessage, CancellationToken, ValueTask> receive, CancellationToken ct)
    {
        await Task.Yield();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, _dispose.Token);
        using var mailbox = new SocketMailbox(options.MaxWaitingProgress);
        var delivery = Deliver(mailbox, receive, stop.Token);
        try
        {
            await KeepConnected(mailbox, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }

        await delivery;
    }

    private async Task Deliver(SocketMailbox mailbox, Func<SocketMessage, CancellationToken, ValueTask> receive, CancellationToken stop)
    {
        try
        {
            await foreach (var message in mailbox.ReadAll(stop))
            {
                await Deliver(message, receive, stop);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private async Task Deliver(SocketMessage message, Func<SocketMessage, CancellationToken, ValueTask> receive, CancellationToken stop)
    {
        try
        {
            await receive(message, stop);
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            // One message that the owner cannot handle must not end the connection to the server.
            SocketLog.ReceiverFailed(logger, message.GetType().Name, e);
        }
    }

    private async Task KeepConnected(SocketMailbox mailbox, CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            failures = await ConnectOnce(mailbox, stop) ? 0 : failures + 1;
            await Task.Delay(Backoff.Delay(options, failures), time, stop);
        }
    }

    /// <returns>Whether the server sent anything.</returns>
    private async Task<bool> ConnectOnce(SocketMailbox mailbox, CancellationToken stop)
    {
        if (await Open(stop) is not { } socket)
        {
            return false;
        }

        var connection = new SocketConnection(socket, options, time);
        Volatile.Write(ref _current, connection);
        try
        {
            var end = await connection.Run(message => Handle(message, mailbox), _state.Touch, stop);
            return Ended(end, mailbox);
        }
        finally
        {
            Volatile.Write(ref _current, null);
            connection.Settle();
        }
    }

    private async Task<WebSocket?> Open(CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            return await _connect(_address.WebSocket(_state.ClientId), _address.Authorization, either.Token);
        }
        // Also where the stop comes as it fails: the end of a socket is no failure of whoever ends it.
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            SocketLog.CannotConnect(logger, _address.Base, e.Message);
            // A server that wakes up later may still register a handshake that we no longer wait for.
            _state.End(givenUp: limit.IsCancellationRequested);
            return null;
        }
    }

    private bool Ended(ConnectionEnd end, SocketMailbox mailbox)
    {
        SocketLog.Ended(logger, _address.Base, end.Reason);
        var wasConnected = _state.End(end.GivenUp);
        if (wasConnected)
        {
            mailbox.Post(new SocketMessage.Disconnected(end.Reason));
        }

        return wasConnected;
    }

    private void Handle(SocketMessage message, SocketMailbox mailbox)
    {
        if (_state.Begin() is { } connected)
        {
            SocketLog.Connected(logger, _address.Base, connected.ClientId);
            mailbox.Post(connected);
        }

        mailbox.Post(message);
    }
}
