using ComfyGateway.Dispatch.Runs;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// Listens in the place of gateways that are gone: ComfyUI tells of a prompt only on the socket of the client that sent it. What is not
/// heard is only progress; how a prompt ended is in history.
/// </summary>
/// <param name="open">Makes a socket that always has this client id.</param>
internal sealed class InheritedSockets(Func<string, ComfyUiSocket> open, PromptWatches watches)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ComfyUiSocket Socket, int Listeners)> _sockets = [];

    /// <summary>Hears what is told to this client until the run has ended, and all others that it sent.</summary>
    public void Hear(string clientId, PromptWatch watch)
    {
        lock (_gate)
        {
            if (!_sockets.TryGetValue(clientId, out var inherited))
            {
                inherited.Socket = open(clientId);
                _ = inherited.Socket.Run(Receive, CancellationToken.None);
            }

            _sockets[clientId] = (inherited.Socket, inherited.Listeners + 1);
        }

        watch.Ended += () => Leave(clientId);
    }

    private void Leave(string clientId)
    {
        lock (_gate)
        {
            var (socket, listeners) = _sockets[clientId];
            if (listeners > 1)
            {
                _sockets[clientId] = (socket, listeners - 1);
                return;
            }

            _sockets.Remove(clientId);
            _ = socket.DisposeAsync().AsTask();
        }
    }

    private ValueTask Receive(SocketMessage message, CancellationToken ct)
    {
        watches.TellOwner(message);
        return ValueTask.CompletedTask;
    }
}
