using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using ComfyGateway.Outputs.Files;
using ComfyGateway.Outputs.Privacy;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs;

internal sealed class OutputArchive(IFileStore store, ImageConverter converter, GatewaySettings settings, TimeProvider clock) : IOutputArchive
{
    public IReadOnlyList<string> Names(IEnumerable<MadeFile> made, OutputWish? wish)
    {
        var taken = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        return [.. made.Select(m => OutputName.Unique(Renamed(OutputName.Safe(m.Filename), wish), taken))];
    }

    public async Task<JobOutput> Keep(Guid jobId, MadeFile made, string name, OutputWish? wish, Stream content, CancellationToken ct)
    {
        if (wish is null && !settings.PrivacyMode)
        {
            return await Store(jobId, made, name, content, ct);
        }

        using var original = await TemporaryFile.Of(content, ct);
        using var changed = new TemporaryFile();
        var kept = await Change(original, changed, made, name, wish, ct);
        await using var file = kept.File.Open();
        return await Store(jobId, made, kept.Name, file, ct);
    }

    private async Task<(TemporaryFile File, string Name)> Change(
        TemporaryFile original, TemporaryFile changed, MadeFile made, string name, OutputWish? wish, CancellationToken ct)
    {
        if (wish is not null && IsImage(name) && await IsConverted(original.Path, changed.Path, Rendition.Of(wish), ct))
        {
            return (changed, name);
        }

        // What is named like an image and cannot be converted is kept as it is, under a name that no other file has.
        var own = wish is not null && IsImage(name) ? Path.GetFileNameWithoutExtension(name) + ".original" + Path.GetExtension(OutputName.Safe(made.Filename)) : name;
        return settings.PrivacyMode ? (await Stripped(original, changed, ct), own) : (original, own);
    }

    /// <summary>The file that tells nothing of its making: a copy of an image, any other file itself.</summary>
    private static async Task<TemporaryFile> Stripped(TemporaryFile original, TemporaryFile changed, CancellationToken ct)
    {
        await using var source = original.Change();
        await using var target = File.Create(changed.Path);
        if (MetadataFree.Copy(source, target))
        {
            return changed;
        }

        await MetadataErasure.Erase(source, ct);
        return original;
    }

    private async Task<bool> IsConverted(string source, string target, Rendition rendition, CancellationToken ct)
    {
        try
        {
            // A film is not to become its first picture.
            if (rendition.Format != ImageFormat.WebP && ImageConverter.Frames(source) > 1)
            {
                return false;
            }

            await converter.Convert(source, target, rendition, ct);
            return true;
        }
        catch (UnreadableImageException)
        {
            return false;
        }
    }

    private async Task<JobOutput> Store(Guid jobId, MadeFile made, string name, Stream content, CancellationToken ct)
    {
        var path = OutputPath.Of(jobId, name);
        var stored = await store.Store(path, content, ct);

        var kind = FileKind.Of(name, stored.Head.Span);
        var facts = await MediaFacts.Of(store, path, stored, ct);
        return new JobOutput(
            name, made.Subfolder, path, stored.Size, stored.Sha256, kind.ContentType, kind.Kind, facts.Width, facts.Height, made.NodeId, clock.GetUtcNow(), facts.DurationMs);
    }

    private static string Renamed(string name, OutputWish? wish) =>
        wish is not null && IsImage(name) ? Path.ChangeExtension(name, ImageFormat.Named(wish.Format).Extension) : name;

    private static bool IsImage(string name) => ImageFormat.IsReadable(FileKind.Of(name, []).ContentType);
}
