using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Messages;

/// <summary>One WebSocket and what its client said about itself.</summary>
[SuppressMessage("Design", "CA1001", Justification = "A send may hold the semaphore when the connection ends; it has no handle to free.")]
internal sealed class ClientSocket(WebSocket socket, Action abort)
{
    private readonly SemaphoreSlim _sending = new(1);

    public bool SupportsPreviewMetadata { get; set; }

    public Task Send(string type, PyDict data, CancellationToken ct) =>
        Send(Encoding.UTF8.GetBytes(PyJson.Write(new PyDict { ["type"] = type, ["data"] = data })), WebSocketMessageType.Text, ct);

    public async Task Send(byte[] frame, WebSocketMessageType kind, CancellationToken ct)
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

    /// <summary>The next message as text; null at the end of the conversation.</summary>
    public async Task<string?> Receive(CancellationToken ct)
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
