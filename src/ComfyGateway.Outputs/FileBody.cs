using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ComfyGateway.Outputs;

/// <summary>
/// Sends files from the disk read into the connection's own buffers, in pieces of what a connection may hold: the framework's way copies them from
/// a buffer of its own, 16 KB at a time.
/// </summary>
internal sealed class FileBody(IHttpResponseBodyFeature inner) : IHttpResponseBodyFeature
{
    private const int Piece = 64 * 1024;

    public Stream Stream => inner.Stream;

    public PipeWriter Writer => inner.Writer;

    public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

    public Task CompleteAsync() => inner.CompleteAsync();

    public void DisableBuffering() => inner.DisableBuffering();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
    {
        // Before the answer begins, so that a file that is gone by now is still an error of its own.
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous);
        var end = offset + (count ?? (RandomAccess.GetLength(file) - offset));
        await inner.StartAsync(cancellationToken);
        while (offset < end)
        {
            var memory = inner.Writer.GetMemory(Piece);
            var read = await RandomAccess.ReadAsync(file, memory[..(int)Math.Min(memory.Length, end - offset)], offset, cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException($"The file ends at {offset} bytes, {end - offset} too soon.");
            }

            offset += read;
            inner.Writer.Advance(read);
            if ((await inner.Writer.FlushAsync(cancellationToken)).IsCompleted)
            {
                return;
            }
        }
    }
}
