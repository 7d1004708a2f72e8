using System.Text;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>GIF: comments, texts and what programs left become zeros, but for how often a film repeats and the color profile.</summary>
internal static class GifMetadata
{
    private const byte Timing = 0xF9;
    private const byte OfProgram = 0xFF;

    private static readonly HashSet<string> Showing = ["NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"];

    public static async Task Erase(Stream file, CancellationToken ct)
    {
        await foreach (var block in GifBlock.All(file, ct))
        {
            if (!block.IsPicture && block.Label != Timing)
            {
                await Erase(file, block, ct);
            }
        }
    }

    private static async Task Erase(Stream file, GifBlock block, CancellationToken ct)
    {
        var isName = block.Label == OfProgram;
        await foreach (var (from, to) in block.Pieces(file, ct))
        {
            if (!isName)
            {
                await file.Blank(from, to, ct);
            }
            else if (Showing.Contains(Encoding.Latin1.GetString(await file.Part(from, (int)(to - from), ct))))
            {
                return;
            }

            isName = false;
        }
    }
}
