using System.Numerics;
using System.Runtime.CompilerServices;

namespace ComfyGateway.Outputs.Containers;

/// <summary>An element of a Matroska or WebM file: id, size, content.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Content">Where its content begins.</param>
/// <param name="End">Where it ends; never behind the end of the file.</param>
internal sealed record EbmlElement(uint Id, long At, long Content, long End)
{
    public const uint Segment = 0x18538067;
    public const uint SeekHead = 0x114D9B74;
    public const uint Seek = 0x4DBB;
    public const uint Info = 0x1549A966;
    public const uint TimestampScale = 0x2AD7B1;
    public const uint Duration = 0x4489;
    public const uint Title = 0x7BA9;
    public const uint Cluster = 0x1F43B675;
    public const uint Tags = 0x1254C367;
    public const uint Attachments = 0x1941A469;
    public const uint Checksum = 0xBF;
    public const uint Void = 0xEC;

    private const int MaxIdLength = 4;
    private const int MaxSizeLength = 8;
    private const int MaxHead = MaxIdLength + MaxSizeLength;

    /// <summary>
    /// All elements in the order of the file, with those in the segment, its index and its description; nothing else is entered. An element of
    /// unknown size (of a film that was sent while it was made) is entered too: what follows is its content.
    /// </summary>
    public static async IAsyncEnumerable<EbmlElement> All(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = 0L; at < file.Length;)
        {
            if (Read(await file.Part(at, MaxHead, ct), at, file.Length) is not var (element, isOpen))
            {
                yield break;
            }

            yield return element;
            at = isOpen || element.Id is Segment or SeekHead or Info ? element.Content : element.End;
        }
    }

    private static (EbmlElement Element, bool IsOpen)? Read(byte[] head, long at, long end)
    {
        var idLength = LengthOf(head, 0);
        var sizeLength = LengthOf(head, idLength);
        if (idLength > MaxIdLength || sizeLength > MaxSizeLength || idLength + sizeLength > head.Length)
        {
            return null;
        }

        var id = (uint)Number(head.AsSpan(0, idLength));
        var size = Number(head.AsSpan(idLength, sizeLength));
        // The length of a number is said by its leading zeros, and the one after them is not of the number.
        var largest = (1L << (7 * sizeLength)) - 1;
        size &= largest;
        var content = at + idLength + sizeLength;
        return (new EbmlElement(id, at, content, content + Math.Min(size, end - content)), size == largest);
    }

    private static int LengthOf(byte[] head, int at) => at < head.Length ? BitOperations.LeadingZeroCount((uint)head[at]) - 23 : MaxHead + 1;

    private static long Number(ReadOnlySpan<byte> bytes)
    {
        var number = 0L;
        foreach (var part in bytes)
        {
            number = (number << 8) | part;
        }

        return number;
    }
}
