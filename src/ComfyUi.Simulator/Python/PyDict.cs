namespace ComfyUi.Simulator.Python;

/// <summary>A JSON object as Python keeps it: ordered, the last of two equal keys wins in the place of the first.</summary>
internal sealed class PyDict : OrderedDictionary<string, object?>
{
    public PyDict()
        : base(StringComparer.Ordinal)
    {
    }

    public PyDict(IEnumerable<KeyValuePair<string, object?>> pairs)
        : base(pairs, StringComparer.Ordinal)
    {
    }

    public object? Find(string key) => TryGetValue(key, out var value) ? value : null;

    public PyDict Dict(string key) => (PyDict)this[key]!;
}
