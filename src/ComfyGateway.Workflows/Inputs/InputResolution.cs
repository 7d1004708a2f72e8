using System.Text.Json;
using ComfyGateway.Platform.Json;
using ComfyGateway.Workflows.Contracts;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>Puts the layers of values over each other, later ones winning, and checks the result against the schema.</summary>
internal sealed class InputResolution(InputSchema schema)
{
    // Of one input: a long list may be wrong in every item.
    private const int MaxProblems = 20;

    private readonly Dictionary<string, JsonElement> _values = [];
    private readonly Dictionary<string, string> _paths = [];
    private readonly HashSet<string> _unstorable = [];
    private readonly List<(string Path, string Message)> _problems = [];
    private readonly HashSet<string> _operators = [];

    public IReadOnlyCollection<(string Path, string Message)> Problems => _problems;

    /// <summary>The resolved inputs that stand for files. What the operator wrote as a default may name a file that ComfyUI has of its own.</summary>
    public IReadOnlyList<ImageInput> Images =>
    [
        .. from image in schema.Fields.Values
           where image.Type == InputType.Image && _values.TryGetValue(image.Name, out var value) && value.ValueKind == JsonValueKind.String
           let reference = _values[image.Name].GetString()!
           where ImageReference.Is(reference)
           select new ImageInput(image.Name, _paths[image.Name], reference),
    ];

    /// <summary>What is wrong with one layer by itself, for values that are given once and used often.</summary>
    public static IReadOnlyCollection<(string Path, string Message)> LayerProblems(
        InputSchema schema, IReadOnlyDictionary<string, JsonElement> values, string layer)
    {
        var resolution = new InputResolution(schema);
        resolution.Layer(values, layer);
        resolution._problems.AddRange(
            from field in schema.Fields.Values
            where values.ContainsKey(field.Name) && resolution._values.ContainsKey(field.Name)
            let problem = field.DefaultProblem(values[field.Name])
            where problem is not null
            select ($"{layer}.{field.Name}", problem));
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
        _operators.UnionWith(_values.Keys);
        Layer(parameters, "params");
        Layer(inputs, "inputs");
        DrawSeed();
        foreach (var field in schema.Fields.Values)
        {
            Check(field);
        }

        return _values;
    }

    /// <summary>Where an input that has a value got it from.</summary>
    public string PathOf(string input) => _paths[input];

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
        _operators.Remove(name);
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

    private IEnumerable<(string, string)> FileProblems(InputField field, JsonElement value) =>
        field.Type == InputType.Image && value.ValueKind == JsonValueKind.String && !_operators.Contains(field.Name)
        && ImageReference.Problem(value.GetString()!) is { } problem
            ? [(_paths[field.Name], problem)]
            : [];

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

        var problems = ValueProblems.Of(field, value, _paths[field.Name]).Take(MaxProblems).ToList();
        if (problems.Count == 0)
        {
            _values[field.Name] = field.Check(value).Value;
            problems.AddRange(FileProblems(field, value));
        }

        _problems.AddRange(problems);
    }
}
