using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>A real WebSocket server whose connections the test holds in its hands.</summary>
internal sealed class SocketServer : IAsyncDisposable
{
    private readonly Channel<ServerConnection> _connections = Channel.CreateUnbounded<ServerConnection>();
    private ReplayServer? _server;

    public Uri Url => _server!.Url;

    public ReplayServer Http => _server!;

    public static async Task<SocketServer> Start()
    {
        var server = new SocketServer();
        server._server = await ReplayServer.Start(server.Serve);
        return server;
    }

    public async Task<ServerConnection> Accept() => await _connections.Reader.ReadAsync(Limit.Token());

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task Serve(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var connection = new ServerConnection(socket, context).Hold();
        _connections.Writer.TryWrite(connection);
        await connection.Released;
    }
}

/// <summary>The server's end of a connection. It answers neither pings nor closes unless it is told to read.</summary>
internal sealed class ServerConnection(WebSocket socket, HttpContext context)
{
    private readonly TaskCompletionSource _released = new();
    private volatile Task _closing = Task.CompletedTask;

    /// <summary>Throws when the connection is cut.</summary>
    public Task Released { get; private set; } = Task.CompletedTask;

    // Read at once, since a context is emptied when its request ends.
    public string ClientId { get; } = context.Request.Query["clientId"].ToString();

    public string Path { get; } = context.Request.Path;

    public IReadOnlyDictionary<string, string> Headers { get; } =
        context.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString());

    public ServerConnection Hold()
    {
        Released = Hold(context.RequestAborted);
        return this;
    }

    public Task SendStatus(int remaining = 0) =>
        Send($$$"""{"type": "status", "data": {"status": {"exec_info": {"queue_remaining": {{{remaining}}}}}, "sid": "{{{ClientId}}}"}}""");

    public Task Send(string text) => Send(new RecordedFrame(true, Encoding.UTF8.GetBytes(text)));

    public async Task Send(RecordedFrame frame, int fragment = int.MaxValue)
    {
        var kind = frame.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        var sent = 0;
        do
        {
            var count = Math.Min(fragment, frame.Bytes.Length - sent);
            var part = frame.Bytes.AsMemory(sent, count);
            sent += count;
            await socket.SendAsync(part, kind, sent == frame.Bytes.Length, Limit.Token());
        }
        while (sent < frame.Bytes.Length);
    }

    /// <summary>The next text of the client, or null when it closes.</summary>
    public async Task<string?> Receive()
    {
        var buffer = new byte[4096];
        var part = await socket.ReceiveAsync(buffer, Limit.Token());
        return part.MessageType == WebSocketMessageType.Close ? null : Encoding.UTF8.GetString(buffer, 0, part.Count);
    }

    /// <summary>Completes the closing handshake, whoever began it.</summary>
    public async Task Close()
    {
        var closed = new TaskCompletionSource();
        _closing = closed.Task;
        try
        {
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Limit.Token());
        }
        finally
        {
            closed.SetResult();
            _released.TrySetResult();
        }
    }

    /// <summary>Ends the TCP connection without a close frame.</summary>
    public void Drop()
    {
        context.Abort();
        _released.TrySetResult();
    }

    private async Task Hold(CancellationToken cut)
    {
        try
        {
            await _released.Task.WaitAsync(cut);
        }
        finally
        {
            // The client cuts the connection as soon as the handshake is done, which may be before we see that.
            await _closing;
        }
    }
}
