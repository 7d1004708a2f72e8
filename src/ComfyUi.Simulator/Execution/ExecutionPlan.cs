using ComfyUi.Simulator.Nodes;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>ComfyUI's execution list: which node runs next is part of what a client sees.</summary>
internal sealed class ExecutionPlan(PyDict prompt, NodeCatalog catalog, Func<string, bool> isCached)
{
    private readonly OrderedDictionary<string, int> _blockers = [];
    private readonly Dictionary<string, List<string>> _blocking = [];

    public bool IsEmpty => _blockers.Count == 0;

    public void Add(string output)
    {
        var open = new Stack<string>([output]);
        var links = new List<(string From, string To)>();
        while (open.TryPop(out var id))
        {
            if (!_blockers.TryAdd(id, 0))
            {
                continue;
            }

            _blocking[id] = [];
            foreach (var from in LinksOf(id).Where(f => !isCached(f)))
            {
                open.Push(from);
                links.Add((from, id));
            }
        }

        foreach (var (from, to) in links.Where(l => !_blocking[l.From].Contains(l.To)))
        {
            _blocking[from].Add(to);
            _blockers[to]++;
        }
    }

    /// <summary>Output nodes first, then what is one or two links before an output, then the first that can run.</summary>
    public string Next()
    {
        var ready = _blockers.Where(b => b.Value == 0).Select(b => b.Key).ToList();
        return ready.Find(IsOutput)
            ?? ready.Find(id => _blocking[id].Exists(IsOutput))
            ?? ready.Find(id => _blocking[id].Exists(next => _blocking[next].Exists(IsOutput)))
            ?? ready.FirstOrDefault()
            ?? throw new PythonError("DependencyCycleError", "Dependency cycle detected");
    }

    public void Complete(string id)
    {
        foreach (var next in _blocking[id])
        {
            _blockers[next]--;
        }

        _blockers.Remove(id);
    }

    private IEnumerable<string> LinksOf(string id) =>
        ((prompt.Find(id) as PyDict)?.Find("inputs") as PyDict ?? []).Values
            .OfType<PyList>().Where(l => l is [string, _] && prompt.ContainsKey((string)l[0]!)).Select(l => (string)l[0]!);

    private bool IsOutput(string id) => prompt.Dict(id)["class_type"] is string name && catalog.Find(name)?.IsOutput == true;
}
