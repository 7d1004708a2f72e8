using System.Buffers;
using System.Security.Cryptography;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs.Local;

/// <summary>Files below <c>STORAGE_LOCAL_PATH</c>. A file appears under its name only when all of it is on the disk.</summary>
internal sealed class LocalOutputStore(GatewaySettings settings) : IOutputStore
{
    private const int BufferSize = 128 * 1024;
    private const int HeadSize = 4096;

    // Beside the files and not in the system's temporary folder: a rename must not cross file systems.
    private const string Unfinished = ".unfinished";

    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(settings.StorageLocalPath));

    public async Task<StoredFile> Store(string path, Stream content, CancellationToken ct)
    {
        var target = Locate(path);
        var folder = Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var unfinished = Path.Combine(Directory.CreateDirectory(Path.Combine(_root, Unfinished)).FullName, Guid.CreateVersion7().ToString("N"));
        try
        {
            var stored = await Write(unfinished, content, ct);
            File.Move(unfinished, target, overwrite: true);
            DurableFolder.Flush(folder.FullName);
            return stored;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    public ValueTask<Stream?> Open(string path, CancellationToken ct)
    {
        var file = Locate(path);
        return ValueTask.FromResult<Stream?>(File.Exists(file)
            ? new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous)
            : null);
    }

    /// <summary>The absolute path of a file that is in the store.</summary>
    /// <exception cref="ArgumentException">The path would leave the store's folder.</exception>
    public string Locate(string path)
    {
        var full = Path.GetFullPath(Path.Combine(_root, path));
        return full.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? full
            : throw new ArgumentException("The path leaves the store.", nameof(path));
    }

    private static async Task<StoredFile> Write(string file, Stream content, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            var head = new MemoryStream(HeadSize);
            int read;
            while ((read = await content.ReadAtLeastAsync(buffer.AsMemory(0, BufferSize), BufferSize, throwOnEndOfStream: false, ct)) > 0)
            {
                hash.AppendData(buffer, 0, read);
                head.Write(buffer, 0, Math.Min(read, HeadSize - (int)head.Length));
                await target.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            target.Flush(flushToDisk: true);
            return new StoredFile(target.Length, Convert.ToHexStringLower(hash.GetHashAndReset()), head.ToArray());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
