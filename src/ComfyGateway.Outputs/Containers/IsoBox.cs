using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace ComfyGateway.Outputs.Containers;

/// <summary>A box of an ISO base media file (MP4, MOV, M4A): size, name, content.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Content">Where its content begins.</param>
/// <param name="End">Where it ends; never behind the end of what it is in.</param>
internal sealed record IsoBox(string Type, long At, long Content, long End)
{
    private const int ShortHead = 8;
    private const int LongHead = 16;

    /// <summary>The boxes one after another between two places, up to the first that cannot be one.</summary>
    public static async IAsyncEnumerable<IsoBox> Within(Stream file, long from, long to, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = from; at + ShortHead <= to;)
        {
            if (Read(await file.Part(at, LongHead, ct), at, to) is not { } box)
            {
                yield break;
            }

            yield return box;
            at = box.End;
        }
    }

    // A size of 1 says that the size follows the name in 64 bits, and 0 that the box goes on to the end.
    private static IsoBox? Read(byte[] head, long at, long to)
    {
        if (head.Length < ShortHead)
        {
            return null;
        }

        ulong size = BinaryPrimitives.ReadUInt32BigEndian(head);
        var content = ShortHead;
        if (size == 1 && head.Length == LongHead)
        {
            (size, content) = (BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(ShortHead)), LongHead);
        }
        else if (size == 0)
        {
            size = (ulong)(to - at);
        }

        return size >= (ulong)content && at + content <= to
            ? new IsoBox(Encoding.Latin1.GetString(head, 4, 4), at, at + content, at + (long)Math.Min(size, (ulong)(to - at)))
            : null;
    }
}
