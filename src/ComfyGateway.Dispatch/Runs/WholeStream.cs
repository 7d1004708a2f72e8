using ComfyGateway.Platform.Streams;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Reads a stream of a known length, and takes an early end for the broken connection that it is.</summary>
internal sealed class WholeStream(Stream inner, long length) : ForwardStream
{
    private long _read;

    public override long Length => length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken);
        _read += read;
        return read == 0 && buffer.Length > 0 && _read != length
            ? throw new IOException($"The file ended after {_read} of {length} bytes.")
            : read;
    }
}
