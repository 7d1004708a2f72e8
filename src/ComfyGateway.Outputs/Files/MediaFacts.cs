using ComfyGateway.Outputs.Contracts;

namespace ComfyGateway.Outputs.Files;

/// <summary>What the headers of a stored picture, video or sound say of it.</summary>
/// <param name="DurationMs">In milliseconds.</param>
internal sealed record MediaFacts(int? Width, int? Height, long? DurationMs)
{
    // Headers are read piece by piece, and in S3 each place that is jumped to is a request.
    private const int BufferSize = 16 * 1024;

    private static readonly MediaFacts None = new(null, null, null);

    public static async Task<MediaFacts> Of(IFileStore store, string path, StoredFile stored, CancellationToken ct)
    {
        if (FileFormat.Of(stored.Head.Span) is not { } format)
        {
            return None;
        }

        if (format.IsImage && ImageSize.Of(stored.Head.Span) is var (width, height))
        {
            return new MediaFacts(width, height, null);
        }

        await using var content = await store.Open(path, ct) ?? throw new IOException("What was stored just now is gone.");
        await using var file = new BufferedStream(content, BufferSize);
        if (!format.IsImage)
        {
            return None with { DurationMs = await MediaDuration.Of(file, format, ct) };
        }

        return await PixelSize.Read(file, format, ct) is var (wide, high) ? new MediaFacts(wide, high, null) : None;
    }
}
