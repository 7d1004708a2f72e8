using System.Runtime.CompilerServices;

namespace ComfyGateway.Outputs.Containers;

/// <summary>A picture of a GIF, or one of its extensions.</summary>
/// <param name="Label">Of an extension, what it is.</param>
/// <param name="Content">Where its content begins: pieces of up to 255 bytes, each after its length, and a length of 0.</param>
internal sealed record GifBlock(bool IsPicture, byte Label, long Content)
{
    private const byte Extension = 0x21;
    private const byte Picture = 0x2C;
    private const int FileHead = 13;
    private const int PictureHead = 10;

    /// <summary>The blocks of the file, one after another, up to its end or the first that cannot be one.</summary>
    public static async IAsyncEnumerable<GifBlock> All(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        if (await file.Part(0, FileHead, ct) is not { Length: FileHead } head)
        {
            yield break;
        }

        for (long? at = FileHead + ColorsIn(head[10]); at is { } block;)
        {
            var start = await file.Part(block, PictureHead, ct);
            var found = start switch
            {
                [Extension, var label, ..] => new GifBlock(IsPicture: false, label, block + 2),
                // Behind its colors there is a byte for the decoder.
                [Picture, _, _, _, _, _, _, _, _, var flags] => new GifBlock(IsPicture: true, 0, block + PictureHead + ColorsIn(flags) + 1),
                _ => null,
            };
            if (found is null)
            {
                yield break;
            }

            yield return found;
            at = await found.EndIn(file, ct);
        }
    }

    /// <summary>Where the bytes of its content are.</summary>
    public async IAsyncEnumerable<(long From, long To)> Pieces(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = Content; await file.Part(at, 1, ct) is [> 0 and var length]; at += 1 + length)
        {
            yield return (at + 1, Math.Min(at + 1 + length, file.Length));
        }
    }

    private async Task<long?> EndIn(Stream file, CancellationToken ct)
    {
        var last = Content;
        await foreach (var (_, to) in Pieces(file, ct))
        {
            last = to;
        }

        return last < file.Length ? last + 1 : null;
    }

    private static int ColorsIn(byte flags) => (flags & 0x80) == 0 ? 0 : 3 << ((flags & 7) + 1);
}
