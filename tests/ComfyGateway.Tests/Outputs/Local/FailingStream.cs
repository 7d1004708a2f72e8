namespace ComfyGateway.Tests.Outputs.Local;

/// <summary>Gives some bytes at a time, and then ends or fails.</summary>
internal sealed class FailingStream(byte[] bytes, int step, Exception? failure = null) : MemoryStream(bytes)
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position == Length && failure is not null)
        {
            throw failure;
        }

        return base.ReadAsync(buffer[..Math.Min(step, buffer.Length)], cancellationToken);
    }
}
