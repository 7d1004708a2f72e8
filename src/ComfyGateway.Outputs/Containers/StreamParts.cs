namespace ComfyGateway.Outputs.Containers;

/// <summary>Reads and overwrites parts of a file by their place. Nothing here makes a file longer.</summary>
internal static class StreamParts
{
    private const int PieceSize = 64 * 1024;

    /// <summary>The bytes from <paramref name="at"/>; fewer than <paramref name="count"/> where the file ends before.</summary>
    public static async ValueTask<byte[]> Part(this Stream file, long at, int count, CancellationToken ct)
    {
        var part = new byte[Math.Clamp(file.Length - at, 0, count)];
        if (part.Length > 0)
        {
            file.Position = at;
            await file.ReadExactlyAsync(part, ct);
        }

        return part;
    }

    /// <summary>Overwrites what begins at <paramref name="at"/>.</summary>
    public static async ValueTask Put(this Stream file, long at, ReadOnlyMemory<byte> bytes, CancellationToken ct)
    {
        var room = file.Length - at;
        if (room > 0)
        {
            file.Position = at;
            await file.WriteAsync(bytes[..(int)Math.Min(room, bytes.Length)], ct);
        }
    }

    /// <summary>Overwrites with zeros what lies between two places.</summary>
    public static async ValueTask Blank(this Stream file, long from, long to, CancellationToken ct)
    {
        var end = Math.Min(to, file.Length);
        var zeros = new byte[Math.Clamp(end - from, 0, PieceSize)];
        for (var at = from; at < end; at += zeros.Length)
        {
            await file.Put(at, zeros.AsMemory(0, (int)Math.Min(zeros.Length, end - at)), ct);
        }
    }
}
