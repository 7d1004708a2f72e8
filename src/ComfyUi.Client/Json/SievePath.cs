using System.Text;

namespace ComfyUi.Client.Json;

/// <summary>Where in the JSON text the sieve stands, and which of its rules name the value there.</summary>
internal sealed class SievePath(SieveRule[] rules)
{
    private const int TrackedDepth = 8;

    private readonly (int Depth, byte[]? Key, int FromIndex, int ToIndex)[] _rules =
        [.. rules.Select(r => (r.Depth, r.Key is null ? null : Encoding.UTF8.GetBytes(r.Key), r.FromIndex, r.ToIndex))];

    private readonly bool[] _isObject = new bool[TrackedDepth + 1];
    private readonly int[] _index = new int[TrackedDepth + 1];

    public int Depth { get; private set; }

    public bool ExpectsKey { get; private set; }

    public void Open(bool isObject)
    {
        Depth++;
        ExpectsKey = isObject && Depth <= TrackedDepth;
        if (Depth <= TrackedDepth)
        {
            _isObject[Depth] = isObject;
            _index[Depth] = 0;
        }
    }

    public void Close()
    {
        // Below zero the text is malformed; the parser that reads the kept bytes says so.
        Depth = Math.Max(0, Depth - 1);
        ExpectsKey = false;
    }

    public void Comma()
    {
        if (Depth <= TrackedDepth)
        {
            _index[Depth]++;
            ExpectsKey = _isObject[Depth];
        }
    }

    public bool IsDroppedElement()
    {
        if (Depth > TrackedDepth || _isObject[Depth])
        {
            return false;
        }

        foreach (var rule in _rules)
        {
            if (rule.Key is null && rule.Depth == Depth && _index[Depth] >= rule.FromIndex && _index[Depth] <= rule.ToIndex)
            {
                return true;
            }
        }

        return false;
    }

    public bool CloseKey(ReadOnlySpan<byte> key)
    {
        ExpectsKey = false;
        foreach (var rule in _rules)
        {
            if (rule.Key is not null && rule.Depth == Depth && key.SequenceEqual(rule.Key))
            {
                return true;
            }
        }

        return false;
    }
}
