namespace ComfyGateway.Jobs;

/// <summary>Ids of jobs begin with the millisecond of their creation, so a time is a place in the order of ids.</summary>
internal static class JobIds
{
    /// <summary>No id of this millisecond or a later one is smaller.</summary>
    public static Guid FirstOf(DateTimeOffset time)
    {
        var milliseconds = time.ToUnixTimeMilliseconds();
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(bytes, milliseconds << 16);
        return new Guid(bytes, bigEndian: true);
    }
}
