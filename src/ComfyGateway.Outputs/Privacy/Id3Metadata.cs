using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>MP3, and what else has ID3 tags: those of version 2 become tags of padding alone, that of version 1 at the end becomes empty.</summary>
internal static class Id3Metadata
{
    private const int HeadSize = 10;
    private const int FlagsAt = 5;
    private const int SizeAt = 6;
    private const byte HasFooter = 0x10;
    private const int OldTagSize = 128;

    /// <returns>Where what the tags are before begins.</returns>
    public static async Task<long> Erase(Stream file, CancellationToken ct)
    {
        await EraseOld(file, ct);
        var at = 0L;
        while (await file.Part(at, HeadSize, ct) is { Length: HeadSize } head && head.AsSpan().StartsWith("ID3"u8))
        {
            // A footer, which repeats the head, is made padding as well.
            var size = SizeIn(head) + ((head[FlagsAt] & HasFooter) == 0 ? 0 : HeadSize);
            head[FlagsAt] = 0;
            for (var n = 0; n < 4; n++)
            {
                head[SizeAt + n] = (byte)((size >> (7 * (3 - n))) & 0x7F);
            }

            await file.Put(at, head, ct);
            await file.Blank(at + HeadSize, Math.Min(file.Length, at + HeadSize + size), ct);
            at += HeadSize + size;
        }

        return at;
    }

    private static async Task EraseOld(Stream file, CancellationToken ct)
    {
        var at = Math.Max(0, file.Length - OldTagSize);
        if ((await file.Part(at, OldTagSize, ct)) is [(byte)'T', (byte)'A', (byte)'G', ..])
        {
            await file.Blank(at + 3, file.Length, ct);
        }
    }

    // Seven bits to a byte.
    private static int SizeIn(byte[] head) =>
        ((head[SizeAt] & 0x7F) << 21) | ((head[SizeAt + 1] & 0x7F) << 14) | ((head[SizeAt + 2] & 0x7F) << 7) | (head[SizeAt + 3] & 0x7F);
}
