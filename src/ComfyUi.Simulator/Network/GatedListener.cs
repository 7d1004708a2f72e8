using System.Net;
using Microsoft.AspNetCore.Connections;

namespace ComfyUi.Simulator.Network;

/// <summary>A listener that outlives its socket: closing the port does not look like the end of the server to Kestrel.</summary>
internal sealed class GatedListener(NetworkGate gate, IConnectionListenerFactory transport, IConnectionListener first) : IConnectionListener
{
    private readonly CancellationTokenSource _end = new();
    private IConnectionListener _socket = first;
    private TaskCompletionSource _isOpen = Opened();

    public EndPoint EndPoint { get; } = first.EndPoint;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _end.Token);
        try
        {
            while (true)
            {
                await gate.WhileHung(either.Token);
                if (await _socket.AcceptAsync(either.Token) is { } connection)
                {
                    return gate.Track(connection);
                }

                await _isOpen.Task.WaitAsync(either.Token);
                await Task.Yield();
            }
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    public async Task Close()
    {
        if (_isOpen.Task.IsCompleted)
        {
            _isOpen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await _socket.UnbindAsync();
            await _socket.DisposeAsync();
        }
    }

    public async Task Open(CancellationToken ct)
    {
        if (!_isOpen.Task.IsCompleted)
        {
            _socket = await BindAgain(ct);
            _isOpen.SetResult();
        }
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _end.CancelAsync();
        await _socket.UnbindAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _socket.DisposeAsync();
        _end.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        opened.SetResult();
        return opened;
    }

    /// <summary>Another process may hold the port for a moment, for an outgoing connection.</summary>
    private async Task<IConnectionListener> BindAgain(CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await transport.BindAsync(EndPoint, ct);
            }
            catch (AddressInUseException) when (attempt < 100)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), ct);
            }
        }
    }
}
