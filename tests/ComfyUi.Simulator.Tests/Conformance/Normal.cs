using System.Numerics;
using System.Text.RegularExpressions;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>
/// Takes out of a document what two runs of the real server would not share: ids, times, counters, stack frames, paths, tensor
/// dumps, the order of Python's sets, and the texts that the node list was stripped of.
/// </summary>
internal sealed partial class Normal(BigInteger firstNumber, bool keepCounters = false)
{
    private static readonly string[] Stripped = ["tooltip", "output_tooltips", "description", "python_module", "display_name"];
    private readonly Dictionary<string, string> _ids = [];

    public string Body(string? body, string? type)
    {
        if (body is null || type?.StartsWith("application/json", StringComparison.Ordinal) != true || body.Length == 0)
        {
            return body ?? "";
        }

        return PyJson.Write(Document(PyJson.Parse(body)));
    }

    public object? Document(object? value, string? key = null) => (key, value) switch
    {
        ("timestamp", _) => BigInteger.Zero,
        ("traceback", _) => new PyList(),
        ("number", BigInteger n) => Shifted(n),
        ("ram_free" or "vram_free" or "torch_vram_free" or "argv", _) => "varies",
        ("executed" or "current_outputs" or "errors", PyList list) => new PyList(list.Select(i => Document(i)).OrderBy(PyJson.Write, StringComparer.Ordinal)),
        (_, PyDict map) => Sorted(map),
        (_, PyList { Count: 5 } tuple) when tuple[0] is BigInteger n => new PyList(tuple.Select(i => Document(i))) { [0] = Shifted(n) },
        (_, PyList list) => new PyList(list.Select(i => Document(i))),
        (_, string text) => Text(text),
        _ => value,
    };

    private PyDict Sorted(PyDict map) => new(map
        .Where(p => !Stripped.Contains(p.Key))
        .Select(p => KeyValuePair.Create(Text(p.Key), Document(p.Value, p.Key)))
        .OrderBy(p => p.Key, StringComparer.Ordinal));

    private BigInteger Shifted(BigInteger n) => n < 0 ? -(-n - firstNumber) : n - firstNumber;

    private string Text(string text)
    {
        if (text.StartsWith("tensor(", StringComparison.Ordinal))
        {
            return "tensor";
        }

        text = Id().Replace(text, m => _ids.TryGetValue(m.Value, out var known) ? known : _ids[m.Value] = $"id-{_ids.Count}");
        text = Sid().Replace(text, "sid");
        text = TempName().Replace(text, "_temp_#");
        text = PathText().Replace(text, "/path");
        return keepCounters ? text : Counter().Replace(text, "_#_");
    }

    [GeneratedRegex("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")]
    private static partial Regex Id();

    [GeneratedRegex("^[0-9a-f]{32}$")]
    private static partial Regex Sid();

    [GeneratedRegex("_temp_[a-z]{5}")]
    private static partial Regex TempName();

    [GeneratedRegex(@"/[\w.-]+(/[\w.-]+)*")]
    private static partial Regex PathText();

    [GeneratedRegex(@"_\d{5}_")]
    private static partial Regex Counter();
}
