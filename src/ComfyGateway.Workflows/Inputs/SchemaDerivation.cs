using System.Globalization;
using System.Text.Json;
using ComfyGateway.Workflows.Contracts;
using ComfyGateway.Workflows.Nodes;
using ComfyGateway.Workflows.Templates;

namespace ComfyGateway.Workflows.Inputs;

/// <summary>
/// The inputs of a workflow whose author wrote no schema: each placeholder is one, of the type of the node inputs that it is the whole
/// value of, where ComfyUI has told them, else of its fallback's type, else a required string.
/// </summary>
internal sealed class SchemaDerivation(Template template, NodeKnowledge nodes)
{
    private readonly ILookup<string, Place> _places = (nodes.IsEmpty ? [] : Places(template, nodes)).ToLookup(p => p.Token, p => p);

    private const string FileDescription = "A file: upload:<id>, a data: URL or an http(s) URL";

    // Inputs of ComfyUI's own nodes that take uploads, for as long as no ComfyUI has told its nodes.
    private static readonly HashSet<(string, string)> TakeUploads = [("LoadImage", "image"), ("LoadImageMask", "image"), ("LoadAudio", "audio"), ("LoadVideo", "file")];

    private readonly HashSet<string> _files = [.. Files(template, nodes)];

    public IReadOnlyList<InputField> Fields() => [.. template.Tokens.Select(Derive)];

    private InputField Derive(Token token)
    {
        var field = token.Choice is null ? FromNodes(token.Name) : null;
        return (token, field) switch
        {
            ({ Name: Seed.Name }, _) => (field ?? new InputField(token.Name, InputType.Integer)) with { Type = InputType.Integer, Default = token.Fallback },
            ({ Choice: null }, _) when _files.Contains(token.Name) =>
                new InputField(token.Name, InputType.Image) { Description = FileDescription, Default = token.Fallback, Required = token.Fallback is null },
            ({ Choice: not null }, _) => new InputField(token.Name, InputType.Boolean) { Required = true },
            ({ Fallback: { } fallback }, { } known) when known.Check(fallback).Problem is null => known with { Default = fallback },
            ({ Fallback: { } fallback }, _) => new InputField(token.Name, TypeOf(fallback)) { Default = fallback },
            (_, { } known) => known with { Required = true },
            _ => new InputField(token.Name, InputType.String) { Required = true },
        };
    }

    /// <summary>What all places of the placeholder accept, or null where they are not known or have nothing in common.</summary>
    private InputField? FromNodes(string token)
    {
        var places = _places[token].ToArray();
        if (places.Length == 0 || CommonType([.. places.Select(p => p.Input.Type).Distinct()]) is not { } type)
        {
            return null;
        }

        var inputs = places.Select(p => p.Input).ToArray();
        var field = new InputField(token, type)
        {
            Description = Describe(places[0]),
            Min = Number(inputs.Max(i => i.Min)),
            Max = Number(inputs.Min(i => i.Max)),
        };
        return type == InputType.Enum ? WithChoices(field, inputs)
            : inputs.Max(i => i.Min) > inputs.Min(i => i.Max) ? null
            : field;
    }

    private static InputType? CommonType(string[] types) => types switch
    {
        [NodeValue.Int] => InputType.Integer,
        [NodeValue.Float] => InputType.Number,
        [NodeValue.TextType] => InputType.String,
        [NodeValue.Boolean] => InputType.Boolean,
        [NodeValue.Combo] => InputType.Enum,
        // A whole number fits both.
        [NodeValue.Int, NodeValue.Float] or [NodeValue.Float, NodeValue.Int] => InputType.Integer,
        _ => null,
    };

    private static InputField? WithChoices(InputField field, BackendNodeInput[] inputs)
    {
        var closed = inputs.Where(i => i is { Options.Count: > 0, TakesUploads: false }).ToArray();
        if (closed.Length < inputs.Length)
        {
            return null;
        }

        var common = closed[0].Options.Where(o => closed.All(i => i.Options.Any(other => JsonElement.DeepEquals(o, other)))).ToArray();
        return common.Length > 0 ? field with { Enum = common } : null;
    }

    private static string Describe(Place place) => place.Input.Default is { } filled
        ? $"{place.Class}.{place.Input.Name}, where ComfyUI's editor fills in {filled.GetRawText()}"
        : $"{place.Class}.{place.Input.Name}";

    private static JsonElement? Number(decimal? bound) =>
        bound is { } number ? JsonElement.Parse(number.ToString(CultureInfo.InvariantCulture)) : null;

    private static InputType TypeOf(JsonElement fallback) => fallback.ValueKind switch
    {
        JsonValueKind.Number when WholeNumber.From(fallback) is not null && !fallback.GetRawText().Contains('.') => InputType.Integer,
        JsonValueKind.Number => InputType.Number,
        JsonValueKind.True or JsonValueKind.False => InputType.Boolean,
        JsonValueKind.String => InputType.String,
        _ => InputType.Any,
    };

    private static IEnumerable<string> Files(Template template, NodeKnowledge nodes) =>
        from node in template.Graph.ValueKind == JsonValueKind.Object ? template.Graph.EnumerateObject() : default
        where node.Value.ValueKind == JsonValueKind.Object && node.Value.TryGetProperty("class_type", out _)
        let name = node.Value.GetProperty("class_type").GetString()!
        let known = nodes.Find(name)
        from given in node.Value.GetProperty("inputs").EnumerateObject()
        where given.Value.ValueKind == JsonValueKind.String
        where known is null ? TakeUploads.Contains((name, given.Name)) : known.Inputs.Any(i => i.Name == given.Name && i.TakesUploads)
        let token = TokenSyntax.Whole(given.Value.GetString()!)
        where token is { Choice: null }
        select token.Name;

    private static IEnumerable<Place> Places(Template template, NodeKnowledge nodes) =>
        from node in template.Graph.EnumerateObject()
        let name = node.Value.GetProperty("class_type").GetString()!
        let known = nodes.Find(name)
        where known is not null
        from given in node.Value.GetProperty("inputs").EnumerateObject()
        where given.Value.ValueKind == JsonValueKind.String
        let token = TokenSyntax.Whole(given.Value.GetString()!)
        let input = known.Inputs.FirstOrDefault(i => i.Name == given.Name)
        where token is { Choice: null } && input is not null
        select new Place(token.Name, name, input);

    private sealed record Place(string Token, string Class, BackendNodeInput Input);
}
