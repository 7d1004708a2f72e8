using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace ComfyUi.Simulator.Network;

/// <summary>
/// Stands between the port and Kestrel, so that the port can be closed (connections are refused) or fall silent (connections are
/// accepted by the operating system and nothing answers) while the server itself goes on.
/// </summary>
internal sealed class NetworkGate(IConnectionListenerFactory transport) : IConnectionListenerFactory, IAsyncDisposable
{
    private readonly ConcurrentDictionary<ConnectionContext, bool> _connections = new();
    private readonly Lock _lock = new();
    private GatedListener? _listener;
    private TaskCompletionSource? _hang;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        _listener = new GatedListener(this, transport, await transport.BindAsync(endpoint, cancellationToken));
        return _listener;
    }

    public Task Close() => _listener?.Close() ?? Task.CompletedTask;

    public Task Open(CancellationToken ct) => _listener?.Open(ct) ?? Task.CompletedTask;

    public void AbortConnections()
    {
        foreach (var connection in _connections.Keys)
        {
            connection.Abort(new ConnectionAbortedException("The simulated server has gone."));
        }
    }

    public void Hang()
    {
        lock (_lock)
        {
            _hang ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void Resume()
    {
        lock (_lock)
        {
            _hang?.SetResult();
            _hang = null;
        }
    }

    public Task WhileHung(CancellationToken ct)
    {
        lock (_lock)
        {
            return _hang?.Task.WaitAsync(ct) ?? Task.CompletedTask;
        }
    }

    public ConnectionContext Track(ConnectionContext connection)
    {
        _connections[connection] = true;
        connection.ConnectionClosed.Register(() => _connections.TryRemove(connection, out _));
        connection.Transport = new GatedPipe(connection.Transport, this);
        return connection;
    }

    public ValueTask DisposeAsync() => _listener?.DisposeAsync() ?? ValueTask.CompletedTask;
}
