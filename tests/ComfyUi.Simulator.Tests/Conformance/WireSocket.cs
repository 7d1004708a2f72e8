using System.Net.WebSockets;
using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>A WebSocket client that keeps every frame it gets.</summary>
internal sealed class WireSocket : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly List<object?> _frames = [];
    private readonly CancellationTokenSource _stop = new();
    private Task _reading = Task.CompletedTask;

    public bool IsOver => _reading.IsCompleted;

    public WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    /// <summary>Text frames as documents, binary ones as bytes.</summary>
    public IReadOnlyList<object?> Frames
    {
        get
        {
            lock (_frames)
            {
                return [.. _frames];
            }
        }
    }

    public IEnumerable<PyDict> Messages => Frames.OfType<PyDict>();

    public IEnumerable<string> Types => Messages.Select(m => (string)m["type"]!);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<WireSocket> Open(Uri server, string path, bool compress = false)
    {
        var wire = new WireSocket();
        wire._socket.Options.KeepAliveInterval = Timeout.InfiniteTimeSpan;
        wire._socket.Options.DangerousDeflateOptions = compress ? new WebSocketDeflateOptions() : null;
        await wire._socket.ConnectAsync(new Uri($"ws://{server.Authority}{path}"), Ct);
        wire._reading = Task.Run(wire.Read, CancellationToken.None);
        return wire;
    }

    public Task Send(string text) => _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Ct);

    public async Task Close()
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        }

        await _reading;
    }

    public void Abort() => _socket.Abort();

    public Task Until(Func<IEnumerable<PyDict>, bool> seen) => Eventually.Is(() => Task.FromResult(seen(Messages)));

    public Task Until(string type, string? promptId = null) =>
        Until(m => m.Any(f => f["type"] is string t && t == type && (promptId is null || f.Dict("data").Find("prompt_id") is string id && id == promptId)));

    /// <summary>The end of a prompt for its client: executing null.</summary>
    public Task UntilEnd(string promptId) => Until(m => m.Any(f =>
        f["type"] is "executing" && f.Dict("data")["node"] is null && f.Dict("data")["prompt_id"] is string id && id == promptId));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task Read()
    {
        var buffer = new byte[65536];
        using var message = new MemoryStream();
        try
        {
            while (await _socket.ReceiveAsync(buffer.AsMemory(), _stop.Token) is var part && part.MessageType != WebSocketMessageType.Close)
            {
                message.Write(buffer, 0, part.Count);
                if (part.EndOfMessage)
                {
                    var bytes = message.ToArray();
                    message.SetLength(0);
                    lock (_frames)
                    {
                        _frames.Add(part.MessageType == WebSocketMessageType.Text ? PyJson.Parse(bytes) : bytes);
                    }
                }
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException)
        {
            // The end, of either side.
        }
    }
}
