using ComfyGateway.Outputs.Files;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Network;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Workflows.Contracts;
using Marten;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>
/// Turns what clients write for images into uploads, when the job is accepted: so the bytes of a URL are those of that moment, whichever backend runs the
/// job and how often (docs/adr/0017).
/// </summary>
internal sealed class InputFiles(UploadIntake uploads, IDocumentStore documents, RemoteFetch remote) : IInputFiles
{
    private const string UploadPrefix = "upload:";
    private const string Base64 = ";base64";

    // All of it below the subfolder "gateway", named by content: the same bytes are one file, and no other file has the name.
    private const string ComfyUiFolder = "gateway";

    public Task<IReadOnlyDictionary<string, InputFile>> Take(IReadOnlyList<ImageInput> images, Caller caller, CancellationToken ct) => Each(
        images,
        async image => await Find(image, caller, ct) ?? FileOf((await uploads.Keep(await Receive(image, ct), caller, ct)).Upload));

    public Task<IReadOnlyDictionary<string, InputFile>> Look(IReadOnlyList<ImageInput> images, Caller caller, CancellationToken ct) => Each(
        images,
        async image =>
        {
            if (await Find(image, caller, ct) is { } upload)
            {
                return upload;
            }

            var file = await Receive(image, ct);
            await uploads.Drop(file);
            return new InputFile(file.Id, file.Path, file.Stored.Sha256, NameOf(file.Stored.Sha256, file.Kind));
        });

    private static async Task<IReadOnlyDictionary<string, InputFile>> Each(IReadOnlyList<ImageInput> images, Func<ImageInput, Task<InputFile>> find)
    {
        var files = new Dictionary<string, InputFile>(images.Count);
        var problems = new List<(string, string)>();
        foreach (var image in images)
        {
            try
            {
                files[image.Name] = await find(image);
            }
            catch (Exception exception) when (exception is FileRefusedException or RemoteFetchException)
            {
                problems.Add((image.Path, exception.Message));
            }
        }

        return problems.Count > 0 ? throw ProblemException.Invalid(problems) : files;
    }

    /// <summary>The upload that is referred to, or null where it is no upload that is referred to.</summary>
    private async Task<InputFile?> Find(ImageInput image, Caller caller, CancellationToken ct)
    {
        if (!image.Reference.StartsWith(UploadPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        await using var session = documents.QuerySession();
        return await session.FindUpload(image.Reference[UploadPrefix.Length..], caller, ct) is { } upload
            ? FileOf(upload)
            : throw FileRefusedException.Invalid("names no upload that is there and yours");
    }

    private async Task<ReceivedFile> Receive(ImageInput image, CancellationToken ct)
    {
        if (image.Reference.StartsWith("data:", StringComparison.OrdinalIgnoreCase))
        {
            return await uploads.Receive(new MemoryStream(Decode(image.Reference)), filename: null, ct);
        }

        var url = new Uri(image.Reference);
        return await remote.Get(url, (body, token) => uploads.Receive(body, Uri.UnescapeDataString(url.Segments[^1]), token), ct);
    }

    private static byte[] Decode(string data)
    {
        var comma = data.IndexOf(',');
        if (comma < 0 || !data.AsSpan(0, comma).EndsWith(Base64, StringComparison.OrdinalIgnoreCase))
        {
            throw FileRefusedException.Invalid("must be a data: URL in base64, such as data:image/png;base64,…");
        }

        try
        {
            return Convert.FromBase64String(data[(comma + 1)..]);
        }
        catch (FormatException)
        {
            throw FileRefusedException.Invalid("is a data: URL whose base64 is broken");
        }
    }

    private static InputFile FileOf(Upload upload) =>
        new(upload.Id, upload.StoragePath, upload.Sha256, NameOf(upload.Sha256, FileFormat.Recorded(upload.ContentType)));

    private static string NameOf(string sha256, FileFormat kind) => $"{ComfyUiFolder}/{sha256}{kind.Extension}";
}
