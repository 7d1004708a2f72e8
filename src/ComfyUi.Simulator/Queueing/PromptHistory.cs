using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Queueing;

/// <summary>Finished prompts in the order of their first end; a reused id keeps its place.</summary>
internal sealed class PromptHistory
{
    private const int MaximumSize = 10000;
    private readonly PyDict _entries = [];

    public void Add(string id, PyDict entry)
    {
        if (_entries.Count > MaximumSize)
        {
            _entries.RemoveAt(0);
        }

        _entries[id] = entry;
    }

    public PyDict One(string id) => _entries.TryGetValue(id, out var entry) ? new PyDict { [id] = entry } : [];

    public PyDict Page(int? maxItems, int offset)
    {
        var start = offset < 0 && maxItems is { } wanted ? _entries.Count - wanted : offset;
        var page = new PyDict();
        foreach (var (id, entry) in _entries.Skip(Math.Max(0, start)))
        {
            page[id] = entry;
            if (page.Count >= maxItems)
            {
                break;
            }
        }

        return page;
    }

    public void Delete(string id) => _entries.Remove(id);

    public void Clear() => _entries.Clear();
}
