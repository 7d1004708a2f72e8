using System.Runtime.CompilerServices;

namespace ComfyUi.Client.Sockets;

/// <summary>
/// Between the read loop and the owner. Posting never waits, since one client that does not read stalls the frames of all clients of
/// a server. State is never lost; of progress and previews the oldest are dropped beyond the limit.
/// </summary>
internal sealed class SocketMailbox(int maxWaitingProgress) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly LinkedList<SocketMessage> _messages = new();
    private readonly Queue<LinkedListNode<SocketMessage>> _progress = new();
    private readonly SemaphoreSlim _available = new(0);

    public void Post(SocketMessage message)
    {
        lock (_lock)
        {
            var node = _messages.AddLast(message);
            if (IsProgress(message))
            {
                _progress.Enqueue(node);
                if (_progress.Count > maxWaitingProgress)
                {
                    // One message less, one more: the count of the semaphore stays right.
                    _messages.Remove(_progress.Dequeue());
                    return;
                }
            }
        }

        _available.Release();
    }

    public async IAsyncEnumerable<SocketMessage> ReadAll([EnumeratorCancellation] CancellationToken ct)
    {
        while (true)
        {
            await _available.WaitAsync(ct);
            yield return Take();
        }
    }

    public void Dispose() => _available.Dispose();

    private SocketMessage Take()
    {
        lock (_lock)
        {
            var first = _messages.First!;
            _messages.RemoveFirst();
            if (_progress.TryPeek(out var progress) && progress == first)
            {
                _progress.Dequeue();
            }

            return first.Value;
        }
    }

    // PNG is what nodes send that have no other way to give their result.
    private static bool IsProgress(SocketMessage message) => message
        is SocketMessage.Progress
        or SocketMessage.ProgressState
        or SocketMessage.Preview { ContentType: not "image/png" };
}
