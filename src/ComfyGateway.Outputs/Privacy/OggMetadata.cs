using System.Buffers.Binary;
using ComfyGateway.Outputs.Containers;

namespace ComfyGateway.Outputs.Privacy;

/// <summary>
/// Ogg: Opus, Vorbis, FLAC, Theora. The second packet of each stream has the comments: a mark, who encoded it, how many there are, and each. None are left,
/// the packet is as long as before, and the pages that it lies on have new checksums.
/// </summary>
internal static class OggMetadata
{
    // One for each thing that is played at once.
    private const int MostStreams = 16;

    public static async Task Erase(Stream file, CancellationToken ct)
    {
        var streams = new Dictionary<uint, CommentPacket>();
        await foreach (var page in OggPage.All(file, ct))
        {
            if (page.IsFirst && (streams.Count < MostStreams || streams.ContainsKey(page.Serial)))
            {
                streams[page.Serial] = new CommentPacket();
            }

            if (streams.TryGetValue(page.Serial, out var packet) && packet.Take(page))
            {
                await packet.Empty(file, ct);
                streams.Remove(page.Serial);
            }
        }

        // Of a file that is cut.
        foreach (var packet in streams.Values)
        {
            await packet.Empty(file, ct);
        }
    }

    /// <summary>Where in a file the second packet of a stream lies.</summary>
    private sealed class CommentPacket
    {
        private const int NumberSize = 4;

        private readonly List<OggPage> _pages = [];
        private readonly List<(long From, long To)> _parts = [];
        private int _ended;

        /// <summary>Notes what of the packet is on the stream's next page.</summary>
        /// <returns>Whether that is its end.</returns>
        public bool Take(OggPage page)
        {
            var (from, at) = (page.Content, page.Content);
            foreach (var segment in page.Segments)
            {
                at += segment;
                if (segment < byte.MaxValue)
                {
                    if (++_ended == 2)
                    {
                        break;
                    }

                    from = at;
                }
            }

            if (_ended > 0 && at > from)
            {
                _pages.Add(page);
                _parts.Add((from, at));
            }

            return _ended == 2;
        }

        public async Task Empty(Stream file, CancellationToken ct)
        {
            if (_parts.Count == 0 || await KeptOf(file, ct) is not var (kept, isFramed))
            {
                return;
            }

            // Zeros say that there are no comments. Behind those of Vorbis a bit says that the packet is whole.
            await Overwrite(file, kept, long.MaxValue, value: 0, ct);
            if (isFramed)
            {
                await Overwrite(file, kept + NumberSize, kept + NumberSize + 1, value: 1, ct);
            }

            foreach (var page in _pages)
            {
                await page.Seal(file, ct);
            }
        }

        /// <summary>How much of the packet is the mark and the encoder's name; null where it has no comments.</summary>
        private async Task<(long Kept, bool IsFramed)?> KeptOf(Stream file, CancellationToken ct)
        {
            const int longestMark = 8;
            var (from, to) = _parts[0];
            var head = await file.Part(from, (int)Math.Min(to - from, longestMark + NumberSize), ct);
            var mark = MarkOf(head);
            if (mark == 0 || head.Length < mark + NumberSize)
            {
                return null;
            }

            var kept = mark + NumberSize + (long)BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(mark));
            // A name that is longer than the packet is none.
            return (kept <= _parts.Sum(p => p.To - p.From) ? kept : mark, head[0] == 0x03);
        }

        private static int MarkOf(ReadOnlySpan<byte> packet) => packet switch
        {
            _ when packet.StartsWith("OpusTags"u8) => 8,
            [0x03, ..] when packet[1..].StartsWith("vorbis"u8) => 7,
            [0x81, ..] when packet[1..].StartsWith("theora"u8) => 7,
            // Of FLAC, a block of comments and its length.
            [0x04 or 0x84, ..] => 4,
            _ => 0,
        };

        private async Task Overwrite(Stream file, long first, long behind, byte value, CancellationToken ct)
        {
            var before = 0L;
            foreach (var (from, to) in _parts)
            {
                var (start, end) = (Math.Max(from, from + first - before), Math.Min(to, behind == long.MaxValue ? to : from + behind - before));
                before += to - from;
                if (start >= end)
                {
                    continue;
                }

                await (value == 0 ? file.Blank(start, end, ct) : file.Put(start, new[] { value }, ct));
            }
        }
    }
}
