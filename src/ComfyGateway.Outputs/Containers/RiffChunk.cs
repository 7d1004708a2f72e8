using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace ComfyGateway.Outputs.Containers;

/// <summary>A chunk of a RIFF file (WAV, WebP): name, size, content.</summary>
/// <param name="At">Where it begins.</param>
/// <param name="End">Where its content ends; never behind the end of the file.</param>
internal sealed record RiffChunk(string Name, long At, long End)
{
    private const int HeadSize = 8;
    private const int FileHead = 12;

    public long Content => At + HeadSize;

    /// <summary>The chunks of the file, one after another.</summary>
    public static async IAsyncEnumerable<RiffChunk> All(Stream file, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var at = (long)FileHead; await file.Part(at, HeadSize, ct) is { Length: HeadSize } head;)
        {
            long size = BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(4));
            var content = at + HeadSize;
            yield return new RiffChunk(Encoding.Latin1.GetString(head, 0, 4), at, Math.Min(content + size, file.Length));
            // They begin at even places.
            at = content + size + (size & 1);
        }
    }
}
