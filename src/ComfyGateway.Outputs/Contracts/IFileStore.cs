namespace ComfyGateway.Outputs.Contracts;

/// <summary>Where the bytes of outputs and uploads are kept. Paths are the gateway's own, made of checked names and forward slashes.</summary>
public interface IFileStore
{
    /// <summary>Keeps <paramref name="content"/> under <paramref name="path"/>, whole or not at all; replaces what was there.</summary>
    /// <exception cref="IOException">The store cannot take it; a part that was written is gone again.</exception>
    Task<StoredFile> Store(string path, Stream content, CancellationToken ct);

    /// <summary>Opens a file, or null where it is not there. Seekable.</summary>
    ValueTask<Stream?> Open(string path, CancellationToken ct);

    /// <summary>Removes a file; one that is not there is gone already.</summary>
    Task Delete(string path, CancellationToken ct);

    /// <summary>All files whose path begins with <paramref name="folder"/> and a slash (every file where it is empty), in no order.</summary>
    IAsyncEnumerable<KeptFile> List(string folder, CancellationToken ct);
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
