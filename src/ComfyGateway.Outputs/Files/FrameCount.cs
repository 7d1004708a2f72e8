using System.Buffers.Binary;
using System.Text;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Files;

/// <summary>How many pictures of full size a picture file unpacks to: a film of few bytes may have thousands.</summary>
internal static class FrameCount
{
    /// <summary>At least 1; counted no further than just above <paramref name="most"/>.</summary>
    public static async Task<long> Of(Stream image, FileFormat format, long most, CancellationToken ct)
    {
        var frames = format switch
        {
            _ when format == FileFormat.Gif => await GifBlock.All(image, ct).Where(b => b.IsPicture).Take(Bounded(most)).LongCountAsync(ct),
            _ when format == FileFormat.WebP => await RiffChunk.All(image, ct).Where(c => c.Name == "ANMF").Take(Bounded(most)).LongCountAsync(ct),
            _ when format == FileFormat.Png => await Png(image, ct),
            _ => 1,
        };
        return Math.Max(1, frames);
    }

    private static int Bounded(long most) => (int)Math.Min(most, int.MaxValue - 1) + 1;

    // Readers believe the number that stands before the first picture.
    private static async Task<long> Png(Stream image, CancellationToken ct)
    {
        const int signature = 8;
        const int headAndFrames = 12;
        const int headAndChecksum = 12;
        for (var at = (long)signature; await image.Part(at, headAndFrames, ct) is { Length: headAndFrames } chunk;)
        {
            switch (Encoding.Latin1.GetString(chunk, 4, 4))
            {
                case "acTL":
                    return BinaryPrimitives.ReadUInt32BigEndian(chunk.AsSpan(signature));
                case "IDAT":
                    return 1;
                default:
                    at += headAndChecksum + BinaryPrimitives.ReadUInt32BigEndian(chunk);
                    break;
            }
        }

        return 1;
    }
}
