using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using ComfyUi.Simulator.Network;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Messages;

/// <summary>
/// The sockets by client id and the one loop that sends to them. Sends are awaited one after the other, so one client that
/// does not read stalls the frames of all.
/// </summary>
internal sealed class MessageHub(FaultState faults, NetworkGate gate) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, ClientSocket> _sockets = new(StringComparer.Ordinal);
    private readonly Channel<(byte[] Frame, WebSocketMessageType Kind, string? ClientId)> _outbox =
        Channel.CreateUnbounded<(byte[], WebSocketMessageType, string?)>();

    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    public int Count => _sockets.Count;

    public void Start() => _loop = Task.Run(Publish);

    public void Add(string clientId, ClientSocket socket) => _sockets[clientId] = socket;

    /// <summary>
    /// ComfyUI forgets the client id, not the socket: when the older of two sockets of one client closes, the newer one is forgotten.
    /// </summary>
    public void Remove(string clientId) => _sockets.TryRemove(clientId, out _);

    public bool SupportsPreviewMetadata(string? clientId) =>
        clientId is not null && _sockets.TryGetValue(clientId, out var socket) && socket.SupportsPreviewMetadata;

    /// <summary>To one client, or to all of them where <paramref name="clientId"/> is null.</summary>
    public void Send(string type, PyDict data, string? clientId) => Send(
        Encoding.UTF8.GetBytes(PyJson.Write(new PyDict { ["type"] = type, ["data"] = data })), WebSocketMessageType.Text, clientId);

    public void SendBinary(byte[] frame, string? clientId) => Send(frame, WebSocketMessageType.Binary, clientId);

    /// <summary>The first frames of a connection, before all that is sent to its client.</summary>
    public Task Greet(ClientSocket socket, WebSocket opened, IEnumerable<(string Type, PyDict Data)> greeting, CancellationToken ct) =>
        socket.Greet(opened, faults.IsMuted ? [] : greeting, ct);

    /// <summary>An answer to what a client sent; it does not go through the loop.</summary>
    public async Task SendAtOnce(ClientSocket socket, string type, PyDict data, CancellationToken ct)
    {
        if (!faults.IsMuted)
        {
            await socket.Send(type, data, ct);
        }
    }

    public void DropAll()
    {
        foreach (var socket in _sockets.Values)
        {
            socket.Drop();
        }

        _sockets.Clear();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _stop.Dispose();
    }

    private void Send(byte[] frame, WebSocketMessageType kind, string? clientId) => _outbox.Writer.TryWrite((frame, kind, clientId));

    private async Task Publish()
    {
        try
        {
            await foreach (var (frame, kind, clientId) in _outbox.Reader.ReadAllAsync(_stop.Token))
            {
                await gate.WhileHung(_stop.Token);
                foreach (var socket in faults.IsMuted ? [] : Receivers(clientId))
                {
                    await socket.Send(frame, kind, _stop.Token);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops.
        }
    }

    private ICollection<ClientSocket> Receivers(string? clientId) =>
        clientId is null ? _sockets.Values : _sockets.TryGetValue(clientId, out var socket) ? [socket] : [];
}
