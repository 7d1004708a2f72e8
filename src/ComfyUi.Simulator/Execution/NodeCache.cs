using System.Security.Cryptography;
using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>
/// What the nodes of the last prompt gave, by the signature of a node: its class, its inputs and those of everything upstream.
/// The node's id is no part of it, so two equal nodes share an entry, as in ComfyUI.
/// </summary>
internal sealed class NodeCache(DataFolders folders)
{
    private readonly Dictionary<string, NodeResult> _results = [];
    private readonly Dictionary<string, string> _signatures = [];

    public void Begin(PyDict prompt)
    {
        _signatures.Clear();
        foreach (var id in prompt.Keys)
        {
            Sign(prompt, id, []);
        }

        foreach (var unused in _results.Keys.Except(_signatures.Values).ToList())
        {
            _results.Remove(unused);
        }
    }

    public NodeResult? Find(string id) => _signatures.TryGetValue(id, out var signature) ? _results.GetValueOrDefault(signature) : null;

    public void Keep(string id, NodeResult result) => _results[_signatures[id]] = result;

    public void Clear() => _results.Clear();

    private string Sign(PyDict prompt, string id, HashSet<string> open)
    {
        if (_signatures.TryGetValue(id, out var known))
        {
            return known;
        }

        if (prompt.Find(id) is not PyDict node || !open.Add(id))
        {
            return "missing";
        }

        var text = new StringBuilder().Append(PyText.Str(node.Find("class_type"))).Append(ChangeMark(node));
        foreach (var (name, value) in (node.Find("inputs") as PyDict ?? []).OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            text.Append('\n').Append(name).Append('=');
            text.Append(value is PyList and [string from, var slot]
                ? $"link {Sign(prompt, from, open)} {PyText.Repr(slot)}"
                : PyText.Repr(value));
        }

        open.Remove(id);
        return _signatures[id] = Convert.ToHexString(SHA256.HashData(Encoding.Unicode.GetBytes(text.ToString())));
    }

    /// <summary>The loaders that look at their file's bytes.</summary>
    private string ChangeMark(PyDict node)
    {
        if (node.Find("class_type") is not ("LoadImage" or "LoadImageMask" or "LoadAudio")
            || (node.Find("inputs") as PyDict)?.Values.OfType<string>().FirstOrDefault() is not { } name)
        {
            return "";
        }

        var path = folders.AnnotatedPath(name);
        return File.Exists(path) ? Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path))) : "";
    }
}
