namespace ComfyGateway.Outputs.Contracts;

/// <summary>Where the bytes of outputs and uploads are kept. Paths are the gateway's own, made of checked names and forward slashes.</summary>
public interface IFileStore
{
    /// <summary>Keeps <paramref name="content"/> under <paramref name="path"/>, whole or not at all; replaces what was there.</summary>
    /// <exception cref="StoreFullException">There is no room.</exception>
    /// <exception cref="IOException">The store cannot take it; a part that was written is gone again.</exception>
    Task<StoredFile> Store(string path, Stream content, CancellationToken ct);

    /// <summary>Opens a file, or null where it is not there. Seekable; nothing is read before the first read, nor much more than is asked for.</summary>
    ValueTask<Stream?> Open(string path, CancellationToken ct);

    /// <summary>Where the file is on a disk of this machine, for a library that reads only such files; null where it is on none, or not there.</summary>
    string? PathOnDisk(string path);

    /// <summary>A URL that gives the file to whoever knows it, for some minutes; null where the store has no URLs.</summary>
    Task<Uri?> Link(string path, LinkedFile file);

    /// <summary>Removes a file; one that is not there is gone already.</summary>
    Task Delete(string path, CancellationToken ct);

    /// <summary>All files whose path begins with <paramref name="folder"/> and a slash (every file where it is empty), in no order.</summary>
    IAsyncEnumerable<KeptFile> List(string folder, CancellationToken ct);

    /// <summary>Removes what attempts to store a file left behind that broke off before this. Never a file.</summary>
    Task Tidy(DateTimeOffset before, CancellationToken ct);

    /// <summary>Tries whether a file can be kept now, by keeping a small one.</summary>
    Task<StoreCondition> Examine(CancellationToken ct);
}

/// <summary>How a linked file presents itself, since the gateway is not asked then.</summary>
/// <param name="Disposition">The value of <c>Content-Disposition</c>.</param>
public sealed record LinkedFile(string ContentType, string Disposition);

/// <summary>Whether a store can take a file.</summary>
/// <param name="Problem">Null where it can; else what is wrong and what to do, naming the setting.</param>
/// <param name="IsFull">It works, but there is no room.</param>
public sealed record StoreCondition(string? Problem, bool IsFull = false)
{
    public static readonly StoreCondition Good = new(Problem: null);

    public bool IsWritable => Problem is null;
}

/// <summary>A file in the store.</summary>
/// <param name="Path">As it was stored.</param>
/// <param name="Size">In bytes.</param>
/// <param name="StoredAt">When it was stored, by the store's clock.</param>
public sealed record KeptFile(string Path, long Size, DateTimeOffset StoredAt);

/// <summary>What was learned of a file while it was stored.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Head">The first bytes, at most 4 KiB, to tell what kind of file it is.</param>
public sealed record StoredFile(long Size, string Sha256, ReadOnlyMemory<byte> Head);
