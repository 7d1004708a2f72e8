namespace ComfyUi.Client.Json;

/// <summary>Names values that <see cref="JsonSieve"/> replaces by null. Depth = containers open around the value.</summary>
internal readonly record struct SieveRule(int Depth, string? Key, int FromIndex, int ToIndex)
{
    public static SieveRule Member(int depth, string key) => new(depth, key, 0, 0);

    public static SieveRule Element(int depth, int index) => new(depth, null, index, index);

    public static SieveRule Elements(int depth, int fromIndex, int toIndex = int.MaxValue) => new(depth, null, fromIndex, toIndex);
}
