using System.Net.WebSockets;

namespace ComfyUi.Client.Sockets;

/// <summary>How a connection ended.</summary>
/// <param name="Reason">For people and logs.</param>
/// <param name="GivenUp">We ended it, so the server may not know yet, or never.</param>
internal readonly record struct ConnectionEnd(string Reason, bool GivenUp);

/// <summary>One WebSocket from the handshake to its end. Whatever it does, the socket is closed or cut when <see cref="Run"/> returns.</summary>
internal sealed class SocketConnection(WebSocket socket, ComfyUiSocketOptions options, TimeProvider time)
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Task? _givingUp;

    // The server looks for it in the first text message only, on each connection anew.
    private static ReadOnlyMemory<byte> FeatureFlags { get; } =
        """{"type":"feature_flags","data":{"supports_preview_metadata":true}}"""u8.ToArray();

    /// <summary>Reads until the end. The handler must not block.</summary>
    public async Task<ConnectionEnd> Run(Action<SocketMessage> handle, Action touched, CancellationToken stop)
    {
        using var reader = new FrameReader(socket, options.MaxMessageBytes, touched);
        try
        {
            using var stopping = stop.UnsafeRegister(_ => _ = GiveUp(), null);
            return await Read(reader, handle);
        }
        catch (WebSocketException e) when (IsLostByServer(e))
        {
            return new ConnectionEnd("The server dropped the connection.", _givingUp is not null);
        }
        catch (Exception e) when (IsConnectionFailure(e))
        {
            return new ConnectionEnd(_givingUp is null ? "The server went mute." : "Given up.", GivenUp: true);
        }
        finally
        {
            socket.Dispose();
        }
    }

    /// <summary>Says that whoever gave up can go on: the connection has ended, and others see that.</summary>
    public void Settle() => _ended.TrySetResult();

    /// <summary>Closes with a handshake if the server takes part in time, and cuts the connection otherwise. Returns when it has ended.</summary>
    public Task GiveUp()
    {
        lock (_lock)
        {
            return _givingUp ??= Close();
        }
    }

    private async Task<ConnectionEnd> Read(FrameReader reader, Action<SocketMessage> handle)
    {
        using var silence = new CancellationTokenSource(options.ConnectTimeout, time);
        await socket.SendAsync(FeatureFlags, WebSocketMessageType.Text, endOfMessage: true, silence.Token);
        while (await reader.Next(silence.Token) is { } message)
        {
            // From the first frame on, pings find a server that is mute.
            silence.CancelAfter(Timeout.InfiniteTimeSpan);
            handle(message);
        }

        await AnswerClose();
        return _givingUp is null
            ? new ConnectionEnd($"The server closed the connection ({socket.CloseStatus}).", GivenUp: false)
            : new ConnectionEnd("Closed by us.", GivenUp: true);
    }

    private async Task AnswerClose()
    {
        if (socket.State == WebSocketState.CloseReceived)
        {
            using var limit = new CancellationTokenSource(options.CloseTimeout, time);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
        }
    }

    private async Task Close()
    {
        // Not under the lock, and not in the thread that cancels.
        await Task.Yield();
        using var limit = new CancellationTokenSource(options.CloseTimeout, time);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            await _ended.Task.WaitAsync(limit.Token);
        }
        catch (Exception e) when (IsConnectionFailure(e) || e is ObjectDisposedException or InvalidOperationException)
        {
            socket.Abort();
            await _ended.Task;
        }
    }

    private static bool IsConnectionFailure(Exception e) =>
        e is WebSocketException or OperationCanceledException or IOException;

    // An unanswered ping and a cut by ourselves have other codes.
    private static bool IsLostByServer(WebSocketException e) =>
        e.WebSocketErrorCode == WebSocketError.ConnectionClosedPrematurely;
}
