using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace ComfyGateway.Outputs;

/// <summary>
/// The body of an answer that is a file on the disk. Read in pieces that grow for as long as the reader takes them at once, and are small again
/// when it does not: a fast download takes few calls of the system, and a slow one little memory. (The server's own pieces are always small.)
/// </summary>
internal sealed class FileBody(IHttpResponseBodyFeature server) : IHttpResponseBodyFeature
{
    private const int Smallest = 16 * 1024;
    private const int Largest = 128 * 1024;

    public Stream Stream => server.Stream;

    public PipeWriter Writer => server.Writer;

    public void DisableBuffering() => server.DisableBuffering();

    public Task StartAsync(CancellationToken cancellationToken) => server.StartAsync(cancellationToken);

    public Task CompleteAsync() => server.CompleteAsync();

    public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.Asynchronous | FileOptions.SequentialScan);
        var end = count is { } some ? offset + some : RandomAccess.GetLength(file);
        await StartAsync(cancellationToken);
        for (var size = Smallest; offset < end;)
        {
            var piece = Writer.GetMemory(size)[..(int)Math.Min(size, end - offset)];
            var read = await RandomAccess.ReadAsync(file, piece, offset, cancellationToken);
            if (read == 0)
            {
                throw new EndOfStreamException($"{path} is shorter than it was.");
            }

            Writer.Advance(read);
            offset += read;
            var taken = Writer.FlushAsync(cancellationToken);
            size = taken.IsCompleted ? Math.Min(size * 2, Largest) : Smallest;
            if ((await taken).IsCompleted)
            {
                // Nobody reads any more.
                return;
            }
        }
    }
}
