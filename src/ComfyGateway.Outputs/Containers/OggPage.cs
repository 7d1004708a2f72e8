using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace ComfyGateway.Outputs.Containers;

/// <summary>A page of an Ogg file: of one of its streams, with whole packets or parts of them.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="Granule">How far the stream is at its end, in the codec's own unit.</param>
/// <param name="Serial">Which stream it is of.</param>
/// <param name="Segments">The lengths of its segments; a packet ends with the first that is shorter than 255.</param>
internal sealed record OggPage(long At, bool IsFirst, long Granule, uint Serial, byte[] Segments)
{
    public const int HeadSize = 27;

    private const int ChecksumAt = 22;
    private const byte FirstOfStream = 2;

    private static readonly uint[] Table = [.. Enumerable.Range(0, 256).Select(n => Shifted((uint)n << 24))];

    public long Content => At + HeadSize + Segments.Length;

    public long End => Content + Segments.Sum(s => s);

    /// <summary>The pages one after another, up to where there is none.</summary>
    public static async IAsyncEnumerable<OggPage> All(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = 0L; await Read(file, at, ct) is { } page && page.Content <= file.Length; at = page.End)
        {
            yield return page;
        }
    }

    /// <summary>Whether a page begins here, as far as a look at its head can tell.</summary>
    public static bool IsHead(ReadOnlySpan<byte> head) => head.Length >= HeadSize && head.StartsWith("OggS\0"u8);

    public static OggPage Of(ReadOnlySpan<byte> head, long at, byte[] segments) => new(
        at, (head[5] & FirstOfStream) != 0, BinaryPrimitives.ReadInt64LittleEndian(head[6..]), BinaryPrimitives.ReadUInt32LittleEndian(head[14..]), segments);

    /// <summary>Makes the checksum that of what the page now says.</summary>
    public async Task Seal(Stream file, CancellationToken ct)
    {
        var page = await file.Part(At, (int)(End - At), ct);
        page.AsSpan(ChecksumAt, 4).Clear();
        var checksum = 0u;
        foreach (var part in page)
        {
            checksum = (checksum << 8) ^ Table[(checksum >> 24) ^ part];
        }

        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, checksum);
        await file.Put(At + ChecksumAt, bytes, ct);
    }

    private static async Task<OggPage?> Read(Stream file, long at, CancellationToken ct)
    {
        var head = await file.Part(at, HeadSize, ct);
        var segments = IsHead(head) ? await file.Part(at + HeadSize, head[HeadSize - 1], ct) : [];
        return IsHead(head) ? Of(head, at, segments) : null;
    }

    private static uint Shifted(uint value)
    {
        const uint polynomial = 0x04C11DB7;
        for (var bit = 0; bit < 8; bit++)
        {
            value = (value & 0x8000_0000) == 0 ? value << 1 : (value << 1) ^ polynomial;
        }

        return value;
    }
}
