using System.Buffers.Binary;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>
/// WebM and Matroska. Tags, attached files and the title become empty elements of the same size. So do the index's entries for them, and checksums of what
/// changes.
/// </summary>
internal static class MatroskaMetadata
{
    private const int LargestEntry = 64;

    public static async Task Erase(Stream file, CancellationToken ct)
    {
        await foreach (var element in EbmlElement.All(file, ct))
        {
            if (element.Id is EbmlElement.Tags or EbmlElement.Attachments or EbmlElement.Title or EbmlElement.Checksum
                || (element.Id == EbmlElement.Seek && await IsOfErased(file, element, ct)))
            {
                await Empty(file, element, ct);
            }
            else if (element.Id == EbmlElement.Void)
            {
                await file.Blank(element.Content, element.End, ct);
            }
        }
    }

    private static async Task<bool> IsOfErased(Stream file, EbmlElement entry, CancellationToken ct)
    {
        var content = await file.Part(entry.Content, (int)Math.Min(entry.End - entry.Content, LargestEntry), ct);
        return Names(content, EbmlElement.Tags) || Names(content, EbmlElement.Attachments);
    }

    private static bool Names(byte[] entry, uint id)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, id);
        return entry.AsSpan().IndexOf(bytes) >= 0;
    }

    private static async Task Empty(Stream file, EbmlElement element, CancellationToken ct)
    {
        // The name of an empty element is one byte long; its size takes one byte, or eight where it may be large.
        const int longHead = 9;
        var whole = element.End - element.At;
        var head = new byte[whole < longHead ? 2 : longHead];
        if (whole < longHead)
        {
            head[1] = (byte)(0x80 | (whole - head.Length));
        }
        else
        {
            BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(1), (whole - head.Length) | (1L << 56));
        }

        head[0] = (byte)EbmlElement.Void;
        await file.Put(element.At, head, ct);
        await file.Blank(element.At + head.Length, element.End, ct);
    }
}
