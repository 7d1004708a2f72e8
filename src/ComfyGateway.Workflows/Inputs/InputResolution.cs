using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Puts the layers of values over each other, later ones winning, and checks the result against the schema.</summary>
internal sealed class InputResolution(InputSchema schema)
{
    private readonly Dictionary<string, JsonElement> _values = [];
    private readonly Dictionary<string, string> _paths = [];
    private readonly HashSet<string> _unstorable = [];
    private readonly List<(string Path, string Message)> _problems = [];

    public IReadOnlyCollection<(string Path, string Message)> Problems => _problems;

    /// <summary>What is wrong with one layer by itself, for values that are given once and used often.</summary>
    public static IReadOnlyCollection<(string Path, string Message)> LayerProblems(
        InputSchema schema, IReadOnlyDictionary<string, JsonElement> values, string layer)
    {
        var resolution = new InputResolution(schema);
        resolution.Layer(values, layer);
        foreach (var field in schema.Fields.Values.Where(f => values.TryGetValue(f.Name, out var value) && !Seed.IsRandom(f.Name, value)))
        {
            resolution.Check(field);
        }

        return resolution.Problems;
    }

    public IReadOnlyDictionary<string, JsonElement> Resolve(
        IReadOnlyDictionary<string, JsonElement> defaultParams, IReadOnlyDictionary<string, JsonElement> parameters, IReadOnlyDictionary<string, JsonElement> inputs)
    {
        foreach (var field in schema.Fields.Values.Where(f => f.Default is not null))
        {
            Put(field.Name, field.Default!.Value, "inputs");
        }

        Layer(defaultParams, "defaultParams");
        Layer(parameters, "params");
        Layer(inputs, "inputs");
        DrawSeed();
        foreach (var field in schema.Fields.Values)
        {
            Check(field);
        }

        return _values;
    }

    private void Layer(IReadOnlyDictionary<string, JsonElement> values, string layer)
    {
        foreach (var (name, value) in values)
        {
            var path = $"{layer}.{name}";
            if (StorableJson.Fault(name) is not null)
            {
                _problems.Add((layer, "has a member whose name cannot be kept"));
            }
            else if (!schema.AllowsOthers && !schema.Fields.ContainsKey(name))
            {
                _problems.Add((path, $"is not an input of this workflow{Nearest.Hint(name, schema.Fields.Keys)}"));
            }
            else if (StorableJson.Problems(value, path).ToArray() is { Length: > 0 } problems)
            {
                _problems.AddRange(problems);
                _unstorable.Add(name);
            }
            else
            {
                Put(name, value, layer);
            }
        }
    }

    private void Put(string name, JsonElement value, string layer)
    {
        _values[name] = value;
        _paths[name] = $"{layer}.{name}";
    }

    private void DrawSeed()
    {
        if (schema.Fields.TryGetValue(Seed.Name, out var field)
            && field.Type is InputType.Integer or InputType.Number or InputType.Any
            && (!_values.TryGetValue(Seed.Name, out var given) || Seed.IsRandom(Seed.Name, given)))
        {
            Put(Seed.Name, Seed.Draw(field!), "inputs");
        }
    }

    private void Check(InputField field)
    {
        if (!_values.TryGetValue(field.Name, out var value))
        {
            if (field.Required && !_unstorable.Contains(field.Name))
            {
                _problems.Add(($"inputs.{field.Name}", "is required"));
            }

            return;
        }

        var (accepted, problem) = field.Check(value);
        _values[field.Name] = accepted;
        if (problem is not null)
        {
            _problems.Add((_paths[field.Name], problem));
        }
    }
}
