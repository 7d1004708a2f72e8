using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;

namespace ComfyGateway.Outputs.Conversion;

/// <summary>Outputs in other forms, made when they are first asked for and kept beside the job's files, under <c>converted/</c>.</summary>
internal sealed class ConvertedImages(IFileStore store, ImageConverter converter)
{
    public const string Folder = "converted";

    // As long as the hash of the file is needed to tell the files of one job apart.
    private const int HashLength = 16;

    /// <summary>The output in this form, in the store.</summary>
    /// <returns>The output with another name, place and type; null where its file is not in the store.</returns>
    /// <exception cref="UnreadableImageException">It cannot be converted.</exception>
    public async Task<JobOutput?> Make(Guid jobId, JobOutput source, Rendition rendition, CancellationToken ct)
    {
        var converted = source with
        {
            Filename = Path.ChangeExtension(source.Filename, rendition.Format.Extension),
            StoragePath = $"{Folder}/{jobId}/{source.Sha256[..HashLength]}-{rendition.Name}",
            ContentType = rendition.Format.ContentType,
            // Not a hash of the bytes, but as good to tell these bytes from others.
            Sha256 = $"{source.Sha256}-{rendition.Name}",
        };
        return await IsStored(converted.StoragePath, ct) || await Convert(source.StoragePath, converted.StoragePath, rendition, ct) ? converted : null;
    }

    private async Task<bool> IsStored(string path, CancellationToken ct)
    {
        if (store.PathOnDisk(path) is not null)
        {
            return true;
        }

        await using var content = await store.Open(path, ct);
        return content is not null;
    }

    private async Task<bool> Convert(string from, string to, Rendition rendition, CancellationToken ct)
    {
        using var target = new TemporaryFile();
        if (store.PathOnDisk(from) is { } path)
        {
            await converter.Convert(path, target.Path, rendition, ct);
        }
        else
        {
            await using var content = await store.Open(from, ct);
            if (content is null)
            {
                return false;
            }

            using var source = await TemporaryFile.Of(content, ct);
            await converter.Convert(source.Path, target.Path, rendition, ct);
        }

        await using var made = target.Open();
        await store.Store(to, made, ct);
        return true;
    }
}
