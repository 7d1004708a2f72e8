using ComfyGateway.Platform.Streams;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>Reads a stream and refuses it as soon as it is longer than it may be.</summary>
internal sealed class LimitedStream(Stream inner, long most) : ForwardStream
{
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        _read += read;
        return _read > most ? throw FileRefusedException.TooLarge(most) : read;
    }
}
