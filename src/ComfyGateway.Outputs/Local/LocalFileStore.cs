using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Files;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs.Local;

/// <summary>Files below <c>STORAGE_LOCAL_PATH</c>. A file appears under its name only when all of it is on the disk.</summary>
internal sealed class LocalFileStore(GatewaySettings settings) : IFileStore
{
    private const int BufferSize = 128 * 1024;

    // Beside the files and not in the system's temporary folder: a rename must not cross file systems.
    private const string Unfinished = ".unfinished";

    // A disk with less room than this is as good as full.
    private const int ProbeSize = 64 * 1024;

    private const int MaxKnownFolders = 1000;

    // Whose names this process has seen to the disk, so that not every file in them has to. Changed under the lock, with the folders.
    private readonly ConcurrentDictionary<string, bool> _durable = new();
    private readonly Lock _folders = new();

    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(settings.StorageLocalPath));

    public async Task<StoredFile> Store(string path, Stream content, CancellationToken ct)
    {
        var target = Locate(path);
        var folder = new DirectoryInfo(Path.GetDirectoryName(target)!);
        var unfinished = NewUnfinished();
        // The name of a new folder goes to the disk while the content does.
        var made = _durable.ContainsKey(folder.FullName) ? Task.CompletedTask : Task.Run(() => Make(folder), CancellationToken.None);
        try
        {
            var stored = await Write(unfinished, content, ct);
            await made;
            MoveTo(target, folder, unfinished);
            return stored;
        }
        catch (Exception exception)
        {
            await made.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Discard(unfinished);
            DeleteEmptyFolders(folder);
            if (exception is IOException full && DiskFull.Is(full))
            {
                throw new StoreFullException(full);
            }

            throw;
        }
    }

    public ValueTask<Stream?> Open(string path, CancellationToken ct)
    {
        const FileOptions options = FileOptions.Asynchronous | FileOptions.SequentialScan;
        var file = Locate(path);
        try
        {
            return new(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, options));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException || Directory.Exists(file))
        {
            return new((Stream?)null);
        }
    }

    public string? PathOnDisk(string path) => Locate(path) is var file && File.Exists(file) ? file : null;

    public Task<Uri?> Link(string path, LinkedFile file) => Task.FromResult<Uri?>(null);

    public Task Tidy(DateTimeOffset before, CancellationToken ct)
    {
        var folder = new DirectoryInfo(Path.Combine(_root, Unfinished));
        foreach (var left in folder.Exists ? folder.EnumerateFiles().Where(f => f.LastWriteTimeUtc < before.UtcDateTime) : [])
        {
            ct.ThrowIfCancellationRequested();
            left.Delete();
        }

        return Task.CompletedTask;
    }

    public async Task<StoreCondition> Examine(CancellationToken ct)
    {
        try
        {
            var probe = NewUnfinished();
            try
            {
                await Write(probe, new MemoryStream(new byte[ProbeSize]), ct);
                return StoreCondition.Good;
            }
            finally
            {
                Discard(probe);
            }
        }
        catch (IOException exception) when (DiskFull.Is(exception))
        {
            return new StoreCondition($"STORAGE_LOCAL_PATH: the disk of {_root} is full; free some of it", IsFull: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new StoreCondition($"STORAGE_LOCAL_PATH: found \"{_root}\", accepted: a folder that the gateway may write to ({exception.Message})");
        }
    }

    public Task Delete(string path, CancellationToken ct)
    {
        var file = new FileInfo(Locate(path));
        if (file.Directory!.Exists)
        {
            file.Delete();
            DeleteEmptyFolders(file.Directory);
        }

        return Task.CompletedTask;
    }

    public async IAsyncEnumerable<KeptFile> List(string folder, [EnumeratorCancellation] CancellationToken ct)
    {
        await Task.CompletedTask;
        var top = new DirectoryInfo(folder.Length == 0 ? _root : Locate(folder));
        if (!top.Exists)
        {
            yield break;
        }

        foreach (var file in top.EnumerateFiles("*", SearchOption.AllDirectories))
        {
            ct.ThrowIfCancellationRequested();
            var path = Path.GetRelativePath(_root, file.FullName).Replace(Path.DirectorySeparatorChar, '/');
            if (!path.StartsWith(Unfinished + "/", StringComparison.Ordinal))
            {
                yield return new KeptFile(path, file.Length, file.LastWriteTimeUtc);
            }
        }
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

    private string NewUnfinished() => Path.Combine(_root, Unfinished, Guid.CreateVersion7().ToString("N"));

    // Where even the folder of unfinished files could not be made, that is what the caller is to hear, and not that there is nothing to delete.
    private static void Discard(string unfinished)
    {
        if (File.Exists(unfinished))
        {
            File.Delete(unfinished);
        }
    }

    // The last file of the folder may be deleted meanwhile, and the folder with it.
    private void MoveTo(string target, DirectoryInfo folder, string unfinished)
    {
        const int tries = 10;
        for (var n = 1; ; n++)
        {
            try
            {
                File.Move(unfinished, target, overwrite: true);
                break;
            }
            catch (Exception exception) when (exception is DirectoryNotFoundException or FileNotFoundException && n < tries)
            {
                // .NET says that the file is missing where the folder was, and has been made again since by another.
                Make(folder);
            }
        }

        DurableFolder.Flush(folder.FullName);
        if (!_durable.ContainsKey(folder.FullName))
        {
            // It was deleted and is being made again by another, who may not have come to the disk.
            Make(folder);
        }
    }

    // A new folder is itself a new name, in one that may be new as well; one that is there may have been made a moment ago by another process.
    private void Make(DirectoryInfo folder)
    {
        lock (_folders)
        {
            if (_durable.ContainsKey(folder.FullName) && Directory.Exists(folder.FullName))
            {
                // Others that waited for the lock made it.
                return;
            }

            folder.Create();
            for (var at = folder.Parent!; at.FullName.Length >= _root.Length; at = at.Parent!)
            {
                DurableFolder.Flush(at.FullName);
            }

            if (_durable.Count >= MaxKnownFolders)
            {
                _durable.Clear();
            }

            _durable[folder.FullName] = true;
        }
    }

    // A file may be stored beside it meanwhile: a folder that is not empty stays.
    private void DeleteEmptyFolders(DirectoryInfo folder)
    {
        lock (_folders)
        {
            for (var at = folder; at is not null && at.FullName.Length > _root.Length; at = at.Parent)
            {
                try
                {
                    at.Delete();
                    _durable.TryRemove(at.FullName, out _);
                }
                catch (IOException)
                {
                    return;
                }
            }
        }
    }

    private static async Task<StoredFile> Write(string file, Stream content, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            using var measure = new FileMeasure();
            await using var target = Create(file);
            int read;
            while ((read = await content.ReadAtLeastAsync(buffer.AsMemory(0, BufferSize), BufferSize, throwOnEndOfStream: false, ct)) > 0)
            {
                measure.Add(buffer.AsSpan(0, read));
                if (read < BufferSize)
                {
                    // The last of it, which the flush would have this thread wait for anyway.
                    target.Write(buffer.AsSpan(0, read));
                    break;
                }

                await target.WriteAsync(buffer.AsMemory(0, read), ct);
            }

            target.Flush(flushToDisk: true);
            return measure.Result();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static FileStream Create(string file)
    {
        try
        {
            return Open();
        }
        catch (DirectoryNotFoundException)
        {
            // There as a rule, so it is not asked for before each file.
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            return Open();
        }

        FileStream Open() => new(file, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
    }
}
