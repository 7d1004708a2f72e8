using System.Buffers;
using System.Net.WebSockets;

namespace ComfyUi.Client.Sockets;

/// <summary>Assembles whole messages from the fragments of a WebSocket, in a pooled buffer that grows up to the limit.</summary>
internal sealed class FrameReader(WebSocket socket, int maxBytes, Action touched) : IDisposable
{
    private const int UsualBytes = 16 * 1024;

    private byte[] _buffer = ArrayPool<byte>.Shared.Rent(UsualBytes);

    /// <summary>The next message, or null when the server closes.</summary>
    public async ValueTask<SocketMessage?> Next(CancellationToken ct)
    {
        var length = 0;
        var tooLarge = false;
        while (true)
        {
            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), ct);
            touched();
            if (part.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            length += part.Count;
            if (part.EndOfMessage)
            {
                return Finish(part.MessageType, length, tooLarge);
            }

            if (length == _buffer.Length)
            {
                // What exceeds the limit is still read, or the server would wait for us, and its other clients with it.
                tooLarge = tooLarge || length >= maxBytes;
                length = tooLarge ? 0 : Grow();
            }
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private SocketMessage Finish(WebSocketMessageType kind, int length, bool tooLarge)
    {
        if (tooLarge || length > maxBytes)
        {
            Replace(UsualBytes, 0);
            return new SocketMessage.Unknown("too large");
        }

        var frame = _buffer.AsSpan(0, length);
        var message = kind == WebSocketMessageType.Text ? TextFrame.Read(frame) : BinaryFrame.Read(frame);
        if (_buffer.Length > UsualBytes * 64)
        {
            Replace(UsualBytes, 0);
        }

        return message;
    }

    private int Grow()
    {
        var length = _buffer.Length;
        Replace(length * 2, length);
        return length;
    }

    private void Replace(int size, int keep)
    {
        var next = ArrayPool<byte>.Shared.Rent(size);
        _buffer.AsSpan(0, keep).CopyTo(next);
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = next;
    }
}
