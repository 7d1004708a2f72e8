using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>
/// MP4, MOV and M4A. Metadata are boxes of their own, in the film, in its tracks and in fragments; each becomes free space of the same size.
/// </summary>
internal static class IsoMetadata
{
    // A film, its tracks. Deeper there is only how to play it.
    private const int Depth = 2;

    private static readonly HashSet<string> Entered = ["moov", "trak", "moof", "traf"];
    private static readonly HashSet<string> Telling = ["udta", "meta", "uuid", "free", "skip"];

    public static Task Erase(Stream file, CancellationToken ct) => Erase(file, 0, file.Length, Depth, ct);

    private static async Task Erase(Stream file, long from, long to, int depth, CancellationToken ct)
    {
        await foreach (var box in IsoBox.Within(file, from, to, ct))
        {
            if (Telling.Contains(box.Type))
            {
                await file.Put(box.At + 4, "free"u8.ToArray(), ct);
                await file.Blank(box.Content, box.End, ct);
            }
            else if (depth > 0 && Entered.Contains(box.Type))
            {
                await Erase(file, box.Content, box.End, depth - 1, ct);
            }
        }
    }
}
