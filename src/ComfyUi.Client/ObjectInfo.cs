using System.Text.Json;

namespace ComfyUi.Client;

/// <summary>The node classes that a server knows, by class name.</summary>
public sealed record ObjectInfo(IReadOnlyDictionary<string, NodeType> NodeTypes);

/// <summary>A node class.</summary>
/// <param name="Name">The class_type of a prompt.</param>
/// <param name="DisplayName">For people; the name if the class has none.</param>
/// <param name="Description">For people.</param>
/// <param name="Inputs">Required ones first, without hidden ones.</param>
/// <param name="Outputs">Types such as IMAGE, in order of the output's index.</param>
/// <param name="OutputNode">A prompt needs at least one node of such a class.</param>
public sealed record NodeType(
    string Name,
    string DisplayName,
    string? Description,
    IReadOnlyList<NodeInput> Inputs,
    IReadOnlyList<string> Outputs,
    bool OutputNode)
{
    /// <summary>The input of that name, or null.</summary>
    public NodeInput? Input(string name) => Inputs.FirstOrDefault(i => i.Name == name);
}

/// <summary>An input of a node class.</summary>
/// <param name="Name">Key in the inputs of a prompt's node.</param>
/// <param name="Required">Validation fails without it.</param>
/// <param name="Type">INT, FLOAT, STRING, BOOLEAN, COMBO, or a type that only a link can supply, such as MODEL; * for any.</param>
/// <param name="Options">The choices of a COMBO, mostly strings; empty for other types, and for a COMBO that has none.</param>
/// <param name="Default">Value that the front end fills in.</param>
/// <param name="Min">Lowest number, exact (up to 18446744073709551615); null if there is none, or none that fits.</param>
/// <param name="Max">Highest number, likewise.</param>
/// <param name="Step">Likewise.</param>
/// <param name="Multiline">A text of several lines.</param>
/// <param name="ImageUpload">The value names an uploaded file, in most cases an image.</param>
public sealed record NodeInput(
    string Name,
    bool Required,
    string Type,
    IReadOnlyList<JsonElement> Options,
    JsonElement? Default,
    decimal? Min,
    decimal? Max,
    decimal? Step,
    bool Multiline,
    bool ImageUpload)
{
    /// <summary>Type of an input with a fixed list of choices.</summary>
    public const string Combo = "COMBO";
}
