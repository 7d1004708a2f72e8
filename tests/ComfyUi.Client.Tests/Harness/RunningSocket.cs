using System.Net.WebSockets;
using System.Threading.Channels;
using ComfyUi.Client.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>A socket that runs, with its messages to be read one by one.</summary>
internal sealed class RunningSocket : IAsyncDisposable
{
    private readonly Channel<SocketMessage> _messages = Channel.CreateUnbounded<SocketMessage>();
    private readonly List<WebSocket> _opened = [];

    public RunningSocket(Uri url, ComfyUiSocketOptions options, Func<SocketMessage, Task>? before = null)
    {
        var connector = ClientWebSockets.Connector(options);
        Socket = new ComfyUiSocket(url, options, TimeProvider.System, NullLogger.Instance, async (endpoint, authorization, ct) =>
        {
            StatesBeforeConnect.Add(_opened.LastOrDefault()?.State);
            var socket = await connector(endpoint, authorization, ct);
            _opened.Add(socket);
            return socket;
        });
        Run = Socket.Run(
            async (message, _) =>
            {
                await (before?.Invoke(message) ?? Task.CompletedTask);
                _messages.Writer.TryWrite(message);
            },
            CancellationToken.None);
    }

    public static ComfyUiSocketOptions Fast { get; } = new()
    {
        ReconnectDelay = TimeSpan.FromMilliseconds(5),
        MaxReconnectDelay = TimeSpan.FromMilliseconds(20),
        CloseTimeout = TimeSpan.FromMilliseconds(50),
        MaxWaitingProgress = 100_000,
    };

    public ComfyUiSocket Socket { get; }

    public Task Run { get; }

    /// <summary>For each attempt to connect, how the connection before stood.</summary>
    public List<WebSocketState?> StatesBeforeConnect { get; } = [];

    public async Task<SocketMessage> Next() => await _messages.Reader.ReadAsync(Limit.Token());

    public async Task<T> Next<T>()
        where T : SocketMessage
    {
        while (true)
        {
            if (await Next() is T message)
            {
                return message;
            }
        }
    }

    public ValueTask DisposeAsync() => Socket.DisposeAsync();
}
