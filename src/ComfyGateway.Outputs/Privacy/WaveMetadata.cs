using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>WAV: all chunks but those that say how it sounds become junk, which is the format's own word for room that means nothing.</summary>
internal static class WaveMetadata
{
    private static readonly HashSet<string> Sounding = ["fmt ", "fact", "data", "cue ", "smpl"];

    public static async Task Erase(Stream file, CancellationToken ct)
    {
        await foreach (var chunk in RiffChunk.All(file, ct))
        {
            if (!Sounding.Contains(chunk.Name))
            {
                await file.Put(chunk.At, "JUNK"u8.ToArray(), ct);
                await file.Blank(chunk.Content, chunk.End, ct);
            }
        }
    }
}
