using System.Buffers.Binary;

namespace ComfyGateway.Jobs.Contracts;

/// <summary>Ids of jobs begin with the millisecond of their creation, so a time is a place in the order of ids.</summary>
public static class JobIds
{
    private static readonly long LastMillisecond = DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();

    /// <summary>No id of this millisecond or a later one is smaller. Before 1970 there are none.</summary>
    public static Guid FirstOf(DateTimeOffset time) => First(Math.Max(0, time.ToUnixTimeMilliseconds()));

    /// <summary>No id of a later millisecond is smaller.</summary>
    public static Guid FirstAfter(DateTimeOffset time) => First(Math.Max(0, time.ToUnixTimeMilliseconds() + 1));

    private static Guid First(long milliseconds)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds << 16);
        return new Guid(bytes, bigEndian: true);
    }

    /// <summary>When the job was made, to the millisecond; null for an id that begins with no time that there is.</summary>
    public static DateTimeOffset? MadeAt(Guid jobId)
    {
        Span<byte> bytes = stackalloc byte[16];
        jobId.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16;
        return milliseconds <= LastMillisecond ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }
}
