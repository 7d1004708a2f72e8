using ComfyUi.Simulator.Nodes;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Validation;

/// <summary>What became of a prompt: an error, or the outputs to run (some nodes may have errors all the same).</summary>
internal sealed record Verdict(PyDict? Error, PyList Outputs, PyDict NodeErrors);

/// <summary>Checks a prompt as ComfyUI's validate_prompt does, output by output; converts its values in place.</summary>
internal sealed class PromptValidator(NodeCatalog catalog, DataFolders folders, bool isStrict)
{
    public Verdict Validate(object? prompt, object? targets)
    {
        var nodes = prompt switch
        {
            PyDict map => map,
            PyList { Count: 0 } => [],
            _ => throw PythonError.TypeError($"'{PyText.TypeName(prompt)}' object is not a prompt"),
        };
        var outputs = new List<string>();
        foreach (var (id, node) in nodes)
        {
            if (ClassProblem(id, node) is { } problem)
            {
                return new Verdict(problem, [], []);
            }

            if (IsOutput((PyDict)node!) && (targets is not PyList wanted || wanted.Contains(id)))
            {
                outputs.Add(id);
            }
        }

        return outputs.Count == 0 ? new Verdict(ValidationProblems.NoOutputs, [], []) : Check(nodes, outputs);
    }

    private PyDict? ClassProblem(string id, object? node)
    {
        if (node is not PyDict map)
        {
            throw PythonError.TypeError($"argument of type '{PyText.TypeName(node)}' is not iterable");
        }

        if (!map.TryGetValue("class_type", out var type))
        {
            return ValidationProblems.NoClassType(id);
        }

        return isStrict && (type is not string name || catalog.Find(name) is null)
            ? ValidationProblems.UnknownClass(id, PyText.Str(type))
            : null;
    }

    private bool IsOutput(PyDict node) => node["class_type"] is string name && (catalog.Find(name)?.IsOutput
        ?? (name.Contains("Save", StringComparison.Ordinal) || name.Contains("Preview", StringComparison.Ordinal)));

    private Verdict Check(PyDict nodes, List<string> outputs)
    {
        var good = new PyList();
        var details = new List<string>();
        var nodeErrors = new PyDict();
        var inputs = new InputValidator(nodes, catalog, folders);
        foreach (var output in outputs)
        {
            if (inputs.IsOutputValid(output))
            {
                good.Add(output);
                continue;
            }

            details.AddRange(inputs.Problems[output].Select(p => $"{p["message"]}: {p["details"]}"));
            Report(nodeErrors, inputs, nodes, output);
        }

        return good.Count > 0
            ? new Verdict(null, good, nodeErrors)
            : new Verdict(ValidationProblems.OutputsFailed(string.Join('\n', details)), good, nodeErrors);
    }

    private static void Report(PyDict nodeErrors, InputValidator inputs, PyDict nodes, string output)
    {
        foreach (var (id, problems) in inputs.Problems.Where(p => p.Value.Count > 0))
        {
            if (nodeErrors.Find(id) is not PyDict entry)
            {
                entry = new PyDict
                {
                    ["errors"] = new PyList(problems),
                    ["dependent_outputs"] = new PyList(),
                    ["class_type"] = nodes.Dict(id)["class_type"],
                };
                nodeErrors[id] = entry;
            }

            ((PyList)entry["dependent_outputs"]!).Add(output);
        }
    }
}
