using ComfyGateway.Platform.Streams;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// A file on its way from ComfyUI. Takes an early end for the broken connection that it is, and a broken connection for ComfyUI's failure,
/// so that it is told from a failure of the store that reads this.
/// </summary>
/// <param name="reached">Told how much has come.</param>
internal sealed class FetchedStream(ViewedFile file, Action<long> reached) : ForwardStream
{
    private long _read;

    /// <summary>Whoever reads waits for ComfyUI.</summary>
    public bool IsAwaited { get; private set; }

    public override long Length => file.Length ?? base.Length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsAwaited = true;
        var read = await Read(buffer, cancellationToken);
        IsAwaited = false;
        _read += read;
        if (read == 0 && buffer.Length > 0 && file.Length is { } length && _read != length)
        {
            throw new ComfyUiException(ComfyUiFailure.Unreachable, $"The file ended after {_read} of {length} bytes.");
        }

        reached(_read);
        return read;
    }

    private async ValueTask<int> Read(Memory<byte> buffer, CancellationToken ct)
    {
        try
        {
            return await file.Content.ReadAsync(buffer, ct);
        }
        catch (IOException exception)
        {
            throw new ComfyUiException(ComfyUiFailure.Unreachable, "The connection to ComfyUI broke.", null, exception);
        }
    }
}
