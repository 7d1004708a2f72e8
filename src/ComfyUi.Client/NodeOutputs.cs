using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads what a node gave to the user interface: lists under keys that the node chose.</summary>
internal static class NodeOutputs
{
    public static IEnumerable<OutputFile> Files(string nodeId, JsonElement? output) =>
        from list in output.Members()
        from item in ItemsOf(list.Value)
        let filename = item.Text("filename")
        where !string.IsNullOrEmpty(filename) && item.Member("subfolder") is null or { ValueKind: JsonValueKind.String or JsonValueKind.Null }
        select new OutputFile(nodeId, list.Name, filename, item.Text("subfolder") ?? "", item.Text("type") ?? "output");

    public static IEnumerable<TextOutput> Texts(string nodeId, JsonElement? output) =>
        from list in output.Members()
        where list.Name == "text"
        from item in ItemsOf(list.Value)
        let text = item.AsText()
        where text is not null
        select new TextOutput(nodeId, text);

    // A node that takes lists puts what it has of each into a list of its own.
    private static IEnumerable<JsonElement> ItemsOf(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.Items().SelectMany(ItemsOf) : [value];
}
