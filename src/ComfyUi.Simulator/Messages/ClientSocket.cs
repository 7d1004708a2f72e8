using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Messages;

/// <summary>
/// One WebSocket and what its client said about itself. It is known before its client learns that it is connected, so that nothing of what the client
/// then posts is lost; and the greeting goes before all of that.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "A send may hold the semaphore when the connection ends; it has no handle to free.")]
internal sealed class ClientSocket(Action abort)
{
    private readonly SemaphoreSlim _sending = new(1);
    private readonly TaskCompletionSource<WebSocket?> _greeted = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool SupportsPreviewMetadata { get; set; }

    /// <summary>Sends the greeting, and from then on everything else.</summary>
    public async Task Greet(WebSocket socket, IEnumerable<(string Type, PyDict Data)> greeting, CancellationToken ct)
    {
        foreach (var (type, data) in greeting)
        {
            await Send(socket, Frame(type, data), WebSocketMessageType.Text, ct);
        }

        _greeted.SetResult(socket);
    }

    public Task Send(string type, PyDict data, CancellationToken ct) => Send(Frame(type, data), WebSocketMessageType.Text, ct);

    public async Task Send(byte[] frame, WebSocketMessageType kind, CancellationToken ct)
    {
        if (await _greeted.Task.WaitAsync(ct) is { } socket)
        {
            await Send(socket, frame, kind, ct);
        }
    }

    /// <summary>Nothing more is sent; also where nothing ever was.</summary>
    public void End() => _greeted.TrySetResult(null);

    private async Task Send(WebSocket socket, byte[] frame, WebSocketMessageType kind, CancellationToken ct)
    {
        await _sending.WaitAsync(ct);
        try
        {
            if (socket.State is WebSocketState.Open)
            {
                await socket.SendAsync(frame, kind, endOfMessage: true, ct);
            }
        }
        catch (Exception e) when (!ct.IsCancellationRequested
            && e is WebSocketException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // The real server logs a send error and goes on with the next socket.
        }
        finally
        {
            _sending.Release();
        }
    }

    private static byte[] Frame(string type, PyDict data) => Encoding.UTF8.GetBytes(PyJson.Write(new PyDict { ["type"] = type, ["data"] = data }));

    /// <summary>The next message as text; null at the end of the conversation.</summary>
    public static async Task<string?> Receive(WebSocket socket, CancellationToken ct)
    {
        using var message = new MemoryStream();
        var buffer = new byte[4096];
        while (true)
        {
            var part = await socket.ReceiveAsync(buffer.AsMemory(), ct);
            if (part.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, ct);
                return null;
            }

            message.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
            {
                return part.MessageType == WebSocketMessageType.Text ? Encoding.UTF8.GetString(message.ToArray()) : "";
            }
        }
    }

    public void Drop() => abort();
}
