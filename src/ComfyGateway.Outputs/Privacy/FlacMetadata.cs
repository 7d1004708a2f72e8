using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>FLAC: of the blocks before the sound only what it sounds like and where to find it stays, the others become padding.</summary>
internal static class FlacMetadata
{
    private const byte StreamInfo = 0;
    private const byte Padding = 1;
    private const byte SeekTable = 3;
    private const byte IsLast = 0x80;
    private const int HeadSize = 4;

    /// <param name="start">Where it begins.</param>
    public static async Task Erase(Stream file, long start, CancellationToken ct)
    {
        if (!(await file.Part(start, HeadSize, ct)).AsSpan().SequenceEqual("fLaC"u8))
        {
            return;
        }

        var at = start + HeadSize;
        while (await file.Part(at, HeadSize, ct) is { Length: HeadSize } head)
        {
            var content = at + HeadSize;
            var end = Math.Min(file.Length, content + ((head[1] << 16) | (head[2] << 8) | head[3]));
            if ((head[0] & ~IsLast) is not (StreamInfo or SeekTable))
            {
                await file.Put(at, new[] { (byte)((head[0] & IsLast) | Padding) }, ct);
                await file.Blank(content, end, ct);
            }

            if ((head[0] & IsLast) != 0)
            {
                return;
            }

            at = end;
        }
    }
}
