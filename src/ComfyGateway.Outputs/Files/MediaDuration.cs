using System.Buffers.Binary;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Files;

/// <summary>How long a video or a sound plays, where its description says so; nothing is decoded.</summary>
internal static class MediaDuration
{
    private const int Milliseconds = 1000;

    // A page of Ogg is never larger.
    private const int LargestPage = 65_307;

    /// <summary>In milliseconds, or null where the file does not tell.</summary>
    public static async Task<long?> Of(Stream file, FileFormat format, CancellationToken ct)
    {
        var seconds = format switch
        {
            _ when format == FileFormat.Mp4 || format == FileFormat.Mov || format == FileFormat.M4a => await Iso(file, ct),
            _ when format == FileFormat.WebM || format == FileFormat.Mkv => await Matroska(file, ct),
            _ when format == FileFormat.Wav => await Wave(file, ct),
            _ when format == FileFormat.Flac => Flac(await file.Part(0, 26, ct)),
            _ when format == FileFormat.Ogg => await Ogg(file, ct),
            _ => 0,
        };
        // Nothing and a century of sound are broken headers, and so is what is no number.
        return seconds is > 1d / Milliseconds and < 3e9 ? (long)Math.Round(seconds * Milliseconds) : null;
    }

    private static async Task<double> Iso(Stream file, CancellationToken ct)
    {
        var film = await IsoBox.Within(file, 0, file.Length, ct).FirstOrDefaultAsync(b => b.Type == "moov", ct);
        var header = film is null ? null : await IsoBox.Within(file, film.Content, film.End, ct).FirstOrDefaultAsync(b => b.Type == "mvhd", ct);
        // Version and flags, two times, the units of a second, the duration in them; of version 1 times and duration are twice as long.
        return header is null ? 0 : await file.Part(header.Content, 32, ct) switch
        {
            { Length: < 20 } => 0,
            [1, ..] and { Length: 32 } wide => Ratio(BinaryPrimitives.ReadUInt64BigEndian(wide.AsSpan(24)), BinaryPrimitives.ReadUInt32BigEndian(wide.AsSpan(20))),
            var narrow => Ratio(BinaryPrimitives.ReadUInt32BigEndian(narrow.AsSpan(16)), BinaryPrimitives.ReadUInt32BigEndian(narrow.AsSpan(12))),
        };
    }

    private static async Task<double> Matroska(Stream file, CancellationToken ct)
    {
        var (scale, duration) = (1e6, 0d);
        await foreach (var element in EbmlElement.All(file, ct).TakeWhile(e => e.Id != EbmlElement.Cluster))
        {
            var content = await file.Part(element.Content, (int)Math.Min(8, element.End - element.Content), ct);
            (scale, duration) = (element.Id, content.Length) switch
            {
                (EbmlElement.TimestampScale, _) => (content.Aggregate(0d, (number, part) => (number * 256) + part), duration),
                (EbmlElement.Duration, 4) => (scale, BinaryPrimitives.ReadSingleBigEndian(content)),
                (EbmlElement.Duration, 8) => (scale, BinaryPrimitives.ReadDoubleBigEndian(content)),
                _ => (scale, duration),
            };
        }

        return duration * scale / 1e9;
    }

    private static async Task<double> Wave(Stream file, CancellationToken ct)
    {
        var bytesASecond = 0u;
        await foreach (var chunk in RiffChunk.All(file, ct))
        {
            if (chunk.Name == "data")
            {
                return Ratio(chunk.End - chunk.Content, bytesASecond);
            }

            if (chunk.Name == "fmt " && await file.Part(chunk.Content, 12, ct) is { Length: 12 } sound)
            {
                bytesASecond = BinaryPrimitives.ReadUInt32LittleEndian(sound.AsSpan(8));
            }
        }

        return 0;
    }

    // The mark, the head of the first block, sizes of blocks and frames; then the rate in 20 bits, 8 others, and the samples in 36.
    private static double Flac(byte[] head)
    {
        const int rateAt = 18;
        if (head.Length < rateAt + 8)
        {
            return 0;
        }

        var bits = BinaryPrimitives.ReadUInt64BigEndian(head.AsSpan(rateAt));
        return Ratio(bits & 0xF_FFFF_FFFF, bits >> 44);
    }

    private static async Task<double> Ogg(Stream file, CancellationToken ct)
    {
        var first = await OggPage.All(file, ct).FirstOrDefaultAsync(ct);
        var codec = first is null ? [] : await file.Part(first.Content, 16, ct);
        var (rate, skipped) = codec switch
        {
            { Length: 16 } when codec.AsSpan().StartsWith("OpusHead"u8) => (48_000u, BinaryPrimitives.ReadUInt16LittleEndian(codec.AsSpan(10))),
            { Length: 16 } when codec.AsSpan().StartsWith("\u0001vorbis"u8) => (BinaryPrimitives.ReadUInt32LittleEndian(codec.AsSpan(12)), 0),
            _ => (0u, 0),
        };
        return rate == 0 ? 0 : Ratio(await LastGranule(file, first!.Serial, ct) - skipped, rate);
    }

    // The last page that something ends on lies within the length of two from the end.
    private static async Task<long> LastGranule(Stream file, uint serial, CancellationToken ct)
    {
        var tail = await file.Part(Math.Max(0, file.Length - (2 * LargestPage)), 2 * LargestPage, ct);
        for (var at = tail.AsSpan().LastIndexOf("OggS"u8); at >= 0; at = tail.AsSpan(0, at).LastIndexOf("OggS"u8))
        {
            if (OggPage.IsHead(tail.AsSpan(at)) && OggPage.Of(tail.AsSpan(at), at, []) is { Granule: > 0 } page && page.Serial == serial)
            {
                return page.Granule;
            }
        }

        return 0;
    }

    private static double Ratio(double count, double aSecond) => aSecond > 0 ? count / aSecond : 0;
}
