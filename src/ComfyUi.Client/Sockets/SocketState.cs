namespace ComfyUi.Client.Sockets;

/// <summary>What others may ask of a socket at any time: its client id, whether it is connected, when it last heard of the server.</summary>
internal sealed class SocketState(TimeProvider time, string? fixedId)
{
    private volatile string _clientId = fixedId ?? NewId(time);
    private volatile TaskCompletionSource<string> _connected = NewConnected();
    private string? _lastConnectedId;
    private long _lastFrameTicks;

    public string ClientId => _clientId;

    public bool IsConnected => _connected.Task.IsCompleted;

    public Task<string> WhenConnected => _connected.Task;

    public DateTimeOffset LastFrameAt => new(Interlocked.Read(ref _lastFrameTicks), TimeSpan.Zero);

    public void Touch() => Interlocked.Exchange(ref _lastFrameTicks, time.GetUtcNow().UtcTicks);

    /// <summary>Called with each frame; answers the first of a connection.</summary>
    public SocketMessage.Connected? Begin()
    {
        if (IsConnected)
        {
            return null;
        }

        var same = _lastConnectedId == _clientId;
        _lastConnectedId = _clientId;
        _connected.SetResult(_clientId);
        return new SocketMessage.Connected(_clientId, same);
    }

    /// <returns>Whether it was connected.</returns>
    public bool End(bool givenUp)
    {
        var wasConnected = IsConnected;
        if (wasConnected)
        {
            _connected = NewConnected();
        }

        if (givenUp)
        {
            _clientId = fixedId ?? NewId(time);
        }

        return wasConnected;
    }

    private static string NewId(TimeProvider time) => Guid.CreateVersion7(time.GetUtcNow()).ToString("N");

    private static TaskCompletionSource<string> NewConnected() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
