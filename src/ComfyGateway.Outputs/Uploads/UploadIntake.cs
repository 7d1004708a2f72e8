using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Files;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using Marten;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>
/// Takes a client's file: streamed into the store while it is hashed, then looked at there, then recorded. One that is refused is gone again; one that a
/// crash leaves without a record is found by <see cref="UploadSweep"/>.
/// </summary>
internal sealed class UploadIntake(IFileStore store, IDocumentStore documents, GatewaySettings settings, TimeProvider clock)
{
    /// <summary>The folder of uploads in the store. No job's folder has this name.</summary>
    public const string Folder = "uploads";

    // Headers are read piece by piece, and in S3 each place that is jumped to is a request.
    private const int BufferSize = 64 * 1024;

    // ComfyUI holds a picture, or all of a film, as 32-bit floats: 100 megapixels are 1.2 GB there.
    private const int MaxSide = 16_384;
    private const long MaxPixels = 100_000_000;

    /// <summary>Stores and examines a file, and records nothing of it.</summary>
    /// <exception cref="FileRefusedException">It is too large, empty, or of no kind that is accepted.</exception>
    public async Task<ReceivedFile> Receive(Stream content, string? filename, CancellationToken ct)
    {
        var id = Guid.CreateVersion7(clock.GetUtcNow());
        var path = $"{Folder}/{id}";
        var stored = await store.Store(path, new LimitedStream(content, settings.MaxUploadBytes), ct);
        try
        {
            var kind = await Examine(path, stored, ct);
            return new ReceivedFile(id, path, kind.Named(OutputName.Safe(filename ?? "upload")), kind, stored);
        }
        catch
        {
            await store.Delete(path, CancellationToken.None);
            throw;
        }
    }

    public Task Drop(ReceivedFile file) => store.Delete(file.Path, CancellationToken.None);

    /// <summary>Records a file; or finds that its owner sent the same bytes before, and drops it.</summary>
    public async Task<(Upload Upload, bool IsNew)> Keep(ReceivedFile file, Caller caller, CancellationToken ct)
    {
        await using var session = documents.LightweightSession();
        await session.BeginTransactionAsync(ct);
        // The same bytes may come twice at once: one after the other, then, and the second finds the first.
        var (owner, sha256) = (caller.Owner, file.Stored.Sha256);
        await session.OneByOne(owner + sha256, ct);
        if (await session.Query<Upload>().FirstOrDefaultAsync(u => u.Owner == owner && u.Sha256 == sha256, ct) is { } before)
        {
            await Drop(file);
            UploadUses.NoteSentAgain(session.Statements(), before.Id, clock.GetUtcNow());
            await session.SaveChangesAsync(ct);
            return (before, false);
        }

        var stored = new UploadStored(file.Id, owner, file.Filename, file.Kind.ContentType, file.Stored.Size, sha256, file.Path, clock.GetUtcNow());
        (session.LastModifiedBy, session.CorrelationId) = (owner, caller.CorrelationId);
        session.Events.StartStream<Upload>(file.Id, stored);
        await session.SaveChangesAsync(ct);
        return (Upload.Create(stored), true);
    }

    private async Task<FileFormat> Examine(string path, StoredFile stored, CancellationToken ct)
    {
        if (stored.Size == 0)
        {
            throw FileRefusedException.Invalid("is empty");
        }

        var kind = FileFormat.Of(stored.Head.Span) ?? throw FileRefusedException.Unknown();
        if (kind.IsImage)
        {
            await using var content = await store.Open(path, ct) ?? throw new IOException("What was stored just now is gone.");
            await using var image = new BufferedStream(content, BufferSize);
            await RequireSize(image, kind, ct);
        }

        return kind;
    }

    private static async Task RequireSize(Stream image, FileFormat kind, CancellationToken ct)
    {
        if (await PixelSize.Read(image, kind, ct) is not var (width, height))
        {
            throw FileRefusedException.Invalid($"begins like {kind.ContentType}, but its header states no size");
        }

        var pixels = (long)width * height;
        if (width > MaxSide || height > MaxSide || pixels > MaxPixels)
        {
            throw FileRefusedException.Invalid($"is {width} x {height} pixels; at most {MaxSide} on a side and {MaxPixels} together are accepted");
        }

        if (await FrameCount.Of(image, kind, MaxPixels / pixels, ct) * pixels > MaxPixels)
        {
            throw FileRefusedException.Invalid($"is a film of more than {MaxPixels / pixels} pictures of {width} x {height} pixels; at most {MaxPixels} pixels together are accepted");
        }
    }
}

/// <summary>A file that is in the store and acceptable, with nothing recorded of it.</summary>
internal sealed record ReceivedFile(Guid Id, string Path, string Filename, FileFormat Kind, StoredFile Stored);
