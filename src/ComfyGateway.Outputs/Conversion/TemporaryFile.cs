namespace ComfyGateway.Outputs.Conversion;

/// <summary>A file on the way, gone with its owner. libvips wants files that it can seek in, which streams of S3 and ComfyUI are not.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private const int BufferSize = 64 * 1024;

    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"comfy-gateway-{Guid.CreateVersion7():N}");

    public static async Task<TemporaryFile> Of(Stream content, CancellationToken ct)
    {
        var file = new TemporaryFile();
        try
        {
            await using var target = new FileStream(file.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, FileOptions.Asynchronous);
            await content.CopyToAsync(target, ct);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public FileStream Open() => new(Path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);

    /// <summary>To change what is in it, here and there: with a buffer, since that is many small reads.</summary>
    public FileStream Change() => new(Path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, BufferSize, FileOptions.Asynchronous);

    public void Dispose() => File.Delete(Path);
}
