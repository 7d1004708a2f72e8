using System.Threading.Channels;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>What a backend's socket tells of one prompt. Made before the prompt is sent: frames can be faster than the answer to the POST.</summary>
internal sealed class PromptWatch(string promptId) : IDisposable
{
    // A prompt tells a few frames per node and step; a run that is this far behind gets the rest from history.
    private const int Capacity = 1024;

    private readonly Channel<SocketMessage?> _messages = Channel.CreateBounded<SocketMessage?>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Nobody waits for the prompt any more. Told once.</summary>
    public event Action? Ended;

    public string PromptId => promptId;

    /// <summary>Frames, and null where the run is to look up for another reason.</summary>
    public ChannelReader<SocketMessage?> Messages => _messages.Reader;

    public void Tell(SocketMessage message) => _messages.Writer.TryWrite(message);

    public void Nudge() => _messages.Writer.TryWrite(null);

    public void Dispose() => Interlocked.Exchange(ref Ended, null)?.Invoke();
}
