using System.Text.Json;
using ComfyGateway.Workflows.Contracts;

namespace ComfyGateway.Workflows.Nodes;

/// <summary>The node classes of one backend, or of several taken together: what any of them accepts is accepted.</summary>
internal sealed class NodeKnowledge
{
    public static readonly NodeKnowledge None = new([]);

    private static readonly IEqualityComparer<JsonElement> JsonValues =
        EqualityComparer<JsonElement>.Create(JsonElement.DeepEquals, value => value.GetRawText().GetHashCode(StringComparison.Ordinal));

    private readonly IReadOnlyDictionary<string, BackendNode>[] _catalogs;

    public NodeKnowledge(IEnumerable<BackendNodes> backends) => _catalogs = [.. backends.Select(b => b.Classes).Where(c => c.Count > 0)];

    /// <summary>No backend has told anything yet.</summary>
    public bool IsEmpty => _catalogs.Length == 0;

    /// <summary>Both come from the same answers of the same backends.</summary>
    public bool IsSame(NodeKnowledge other) => _catalogs.SequenceEqual(other._catalogs);

    public IEnumerable<string> ClassNames => _catalogs.SelectMany(c => c.Keys).Distinct();

    public BackendNode? Find(string classType)
    {
        if (_catalogs is [var only])
        {
            return only.GetValueOrDefault(classType);
        }

        var found = _catalogs.Select(c => c.GetValueOrDefault(classType)).OfType<BackendNode>().ToArray();
        return found.Length switch
        {
            0 => null,
            1 => found[0],
            _ => found[0] with { Inputs = [.. found.SelectMany(n => n.Inputs).GroupBy(i => i.Name).Select(g => Together([.. g], found.Length))] },
        };
    }

    private static BackendNodeInput Together(BackendNodeInput[] same, int backends) => same[0] with
    {
        Required = same.Length == backends && same.All(i => i.Required),
        Options = same.Any(i => i.Options.Count == 0) ? [] : [.. same.SelectMany(i => i.Options).Distinct(JsonValues)],
        Min = same.Any(i => i.Min is null) ? null : same.Min(i => i.Min),
        Max = same.Any(i => i.Max is null) ? null : same.Max(i => i.Max),
        TakesUploads = same.Any(i => i.TakesUploads),
    };
}
