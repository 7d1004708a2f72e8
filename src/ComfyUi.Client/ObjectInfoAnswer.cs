using System.Collections.Frozen;
using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads GET /object_info.</summary>
internal static class ObjectInfoAnswer
{
    public static ObjectInfo Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("The answer is not an object_info.");
        }

        return new ObjectInfo(root.Members()
            .Where(m => m.Value.ValueKind == JsonValueKind.Object)
            .GroupBy(m => m.Name)
            .ToFrozenDictionary(g => g.Key, g => Node(g.Key, g.Last().Value)));
    }

    private static NodeType Node(string name, JsonElement node)
    {
        var inputs = node.Member("input");
        return new NodeType(
            name,
            node.Text("display_name") ?? name,
            node.Text("description"),
            [.. Inputs(inputs, "required", true), .. Inputs(inputs, "optional", false)],
            [.. node.Member("output").Items().Select(TypeName)],
            node.Flag("output_node"));
    }

    private static IEnumerable<NodeInput> Inputs(JsonElement? inputs, string group, bool required) =>
        inputs?.Member(group).Members().Select(i => Input(i.Name, i.Value, required)) ?? [];

    // ["INT", {...}], ["MODEL"], [["a", "b"], {...}], ["COMBO", {"options": [...]}]
    private static NodeInput Input(string name, JsonElement spec, bool required)
    {
        var head = spec.ValueKind == JsonValueKind.Array ? spec.Element(0) ?? default : spec;
        var details = spec.Element(1) ?? default;
        var type = TypeName(head);
        return new NodeInput(
            name,
            required,
            type,
            type == NodeInput.Combo ? Options(head, details) : [],
            details.Member("default")?.Clone(),
            details.Decimal("min"),
            details.Decimal("max"),
            details.Decimal("step"),
            details.Flag("multiline"),
            details.Flag("image_upload") || details.Flag("audio_upload") || details.Flag("video_upload") || details.Flag("animated_image_upload"));
    }

    private static string TypeName(JsonElement type) => type.ValueKind switch
    {
        JsonValueKind.Array => NodeInput.Combo,
        JsonValueKind.String => type.GetString()!,
        _ => "*",
    };

    private static IReadOnlyList<JsonElement> Options(JsonElement head, JsonElement details)
    {
        var options = head.ValueKind == JsonValueKind.Array ? head : details.Member("options");
        // One copy for the whole list, since a list of models can have thousands.
        return options is { ValueKind: JsonValueKind.Array } list ? [.. list.Clone().EnumerateArray()] : [];
    }
}
