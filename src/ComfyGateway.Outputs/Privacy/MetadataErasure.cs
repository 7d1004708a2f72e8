using ComfyGateway.Outputs.Containers;
using ComfyGateway.Outputs.Files;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>
/// Overwrites in a file what it tells about its making: ComfyUI and its custom nodes write the whole prompt into videos, sound and models as well.
/// Nothing moves and the length stays, so no table of places in the file has to be made anew, and a file that is broken becomes no more so.
/// </summary>
internal static class MetadataErasure
{
    private const int HeadSize = 4096;

    /// <summary>Erases what is known to tell. A file in no format that is known stays as it is.</summary>
    public static async Task Erase(Stream file, CancellationToken ct)
    {
        var head = await file.Part(0, HeadSize, ct);
        var format = FileFormat.Of(head);
        if (format == FileFormat.Mp4 || format == FileFormat.Mov || format == FileFormat.M4a)
        {
            await IsoMetadata.Erase(file, ct);
        }
        else if (format == FileFormat.WebM || format == FileFormat.Mkv)
        {
            await MatroskaMetadata.Erase(file, ct);
        }
        else if (format == FileFormat.Ogg)
        {
            await OggMetadata.Erase(file, ct);
        }
        else if (format == FileFormat.Mp3 || format == FileFormat.Flac)
        {
            await FlacMetadata.Erase(file, await Id3Metadata.Erase(file, ct), ct);
        }
        else if (format == FileFormat.Wav)
        {
            await WaveMetadata.Erase(file, ct);
        }
        else if (format == FileFormat.Gif)
        {
            await GifMetadata.Erase(file, ct);
        }
        else if (format is null)
        {
            await ModelMetadata.Erase(file, head, ct);
        }
    }
}
