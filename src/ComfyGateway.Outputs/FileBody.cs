using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ComfyGateway.Outputs;

/// <summary>
/// The body of an answer that is a file on the disk. Read in pieces that grow for as long as the reader takes them at once, and are small again
/// when it does not: a fast download takes few calls of the system, and a slow one little memory. (The server's own pieces are always small.)
/// </summary>
/// <param name="slowest">How slow a reader may be; null where the server does not say.</param>
internal sealed class FileBody(IHttpResponseBodyFeature server, IHttpMinResponseDataRateFeature? slowest) : IHttpResponseBodyFeature
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
        var rate = slowest?.MinDataRate;
        for (var size = Smallest; offset < end;)
        {
            Allow(rate, size);
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

    /// <summary>
    /// The server does not count what is written in its own memory, and would cut a reader off that does not take any such piece within
    /// the grace period. So that is the time in which it must take this one.
    /// </summary>
    private void Allow(MinDataRate? rate, int size)
    {
        if (rate is not null && TimeSpan.FromSeconds(size / rate.BytesPerSecond) is var longest && longest > rate.GracePeriod && longest != slowest!.MinDataRate?.GracePeriod)
        {
            slowest.MinDataRate = new MinDataRate(rate.BytesPerSecond, longest);
        }
    }
}
