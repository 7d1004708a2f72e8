using System.Numerics;
using ComfyUi.Simulator.Nodes;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Validation;

/// <summary>Checks the inputs of an output node and of everything upstream of it; each node once.</summary>
internal sealed class InputValidator(PyDict nodes, NodeCatalog catalog, DataFolders folders)
{
    private readonly Dictionary<string, bool> _isValid = [];
    private readonly HashSet<string> _open = [];

    /// <summary>The problems of every node looked at so far; a node that is only downstream of a bad one has none of its own.</summary>
    public OrderedDictionary<string, List<PyDict>> Problems { get; } = [];

    public bool IsOutputValid(string id)
    {
        try
        {
            return IsNodeValid(id);
        }
        catch (PythonError e)
        {
            Problems[id] = [ValidationProblems.Raised(e, isInner: false)];
            _open.Remove(id);
            return _isValid[id] = false;
        }
    }

    private bool IsNodeValid(string id)
    {
        if (_isValid.TryGetValue(id, out var known))
        {
            return known;
        }

        // The real server recurses until Python gives up; what is left of that is a cycle of nodes that are invalid without a reason.
        if (!_open.Add(id))
        {
            return false;
        }

        var node = (PyDict)nodes[id]!;
        var inputs = node.Find("inputs") as PyDict ?? throw PythonError.KeyError("inputs");
        var problems = new List<PyDict>();
        var upstreamIsValid = catalog.Find((string)node["class_type"]!) is { } known2
            ? AreInputsValid(known2, inputs, problems)
            : IsEverythingLinkedValid(inputs);
        CheckFile((string)node["class_type"]!, inputs, problems);
        _open.Remove(id);
        Problems[id] = problems;
        return _isValid[id] = upstreamIsValid && problems.Count == 0;
    }

    private bool AreInputsValid(NodeClass type, PyDict inputs, List<PyDict> problems)
    {
        var isValid = true;
        foreach (var input in type.Inputs)
        {
            if (!inputs.TryGetValue(input.Name, out var value))
            {
                problems.AddRange(input.Required ? [ValidationProblems.InputMissing(input.Name)] : []);
            }
            else if (value is PyList link)
            {
                isValid &= IsLinkValid(input, link, problems);
            }
            else if (ValueProblem(type, input, inputs) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return isValid;
    }

    private bool IsLinkValid(InputSpec input, PyList link, List<PyDict> problems)
    {
        if (link.Count != 2)
        {
            problems.Add(ValidationProblems.BadLink(input, link));
            return true;
        }

        var from = link[0] is string id && nodes.Find(id) is PyDict node ? node : throw new PythonError("KeyError", PyText.Repr(link[0]));
        var received = OutputType(from, link[1]);
        if (received is not null && !Accepts(input.Type, received))
        {
            problems.Add(ValidationProblems.TypeMismatch(input, received, link));
            return true;
        }

        return IsUpstreamValid((string)link[0]!);
    }

    private bool IsEverythingLinkedValid(PyDict inputs) =>
        inputs.Values.OfType<PyList>().Where(l => l is [string, _]).All(l => IsUpstreamValid((string)l[0]!));

    private bool IsUpstreamValid(string id)
    {
        try
        {
            return IsNodeValid(id);
        }
        catch (PythonError e)
        {
            Problems[id] = [ValidationProblems.Raised(e, isInner: true)];
            _open.Remove(id);
            return _isValid[id] = false;
        }
    }

    private string? OutputType(PyDict from, object? slot)
    {
        if (from.Find("class_type") is not string name || catalog.Find(name) is not { } type)
        {
            return null;
        }

        var index = slot is BigInteger i
            ? i
            : throw PythonError.TypeError($"tuple indices must be integers or slices, not {PyText.TypeName(slot)}");
        return index < type.Outputs.Count && index >= -type.Outputs.Count
            ? type.Outputs[(int)(index < 0 ? index + type.Outputs.Count : index)]
            : throw new PythonError("IndexError", "tuple index out of range");
    }

    private static bool Accepts(object? wanted, string received) =>
        wanted is string name && (name == "*" || received == "*" || name == received
            || !received.Split(',').Except(name.Split(',')).Any());

    private static PyDict? ValueProblem(NodeClass type, InputSpec input, PyDict inputs)
    {
        var value = inputs[input.Name];
        try
        {
            value = value is PyDict box && box.TryGetValue("__value__", out var inner) ? inner : value;
            inputs[input.Name] = value = Converted(input.Type, value);
        }
        catch (PythonError e)
        {
            return ValidationProblems.NotConvertible(input, value, e);
        }

        if (IsLoader(type.Name) && input.Name is "image" or "audio")
        {
            return null;
        }

        return LimitProblem(input, value)
            ?? (input.Choices is { } choices && !choices.Any(c => PyJson.AreEqual(c, value))
                ? ValidationProblems.NotInList(input, value, choices)
                : null);
    }

    private static PyDict? LimitProblem(InputSpec input, object? value) =>
        input.Config.TryGetValue("min", out var min) && PyNumber.IsLess(value, min) ? ValidationProblems.OutOfRange(input, value, false)
        : input.Config.TryGetValue("max", out var max) && PyNumber.IsLess(max, value) ? ValidationProblems.OutOfRange(input, value, true)
        : null;

    private static object? Converted(object? type, object? value) => type switch
    {
        "INT" => PyNumber.ToInt(value),
        "FLOAT" => PyNumber.ToFloat(value),
        "STRING" => PyText.Str(value),
        "BOOLEAN" => PyText.IsTrue(value),
        _ => value,
    };

    private void CheckFile(string type, PyDict inputs, List<PyDict> problems)
    {
        var (input, kind) = type == "LoadAudio" ? ("audio", "audio") : ("image", "image");
        if (IsLoader(type) && inputs.TryGetValue(input, out var name) && name is not PyList
            && !File.Exists(folders.AnnotatedPath(PyText.Str(name))))
        {
            problems.Add(ValidationProblems.Custom(input, $"Invalid {kind} file: {PyText.Str(name)}"));
        }
    }

    private static bool IsLoader(string type) => type is "LoadImage" or "LoadImageMask" or "LoadAudio";
}
