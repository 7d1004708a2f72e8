using System.Text.Json;
using System.Text.Json.Nodes;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>
/// A rendered graph as ComfyUI gets it. Nodes that would send their pictures over the socket write them as temporary files instead:
/// a frame is lost with a connection or a restart of the gateway, a file is still there (docs/adr/0018).
/// </summary>
/// <param name="Bytes">UTF-8 JSON.</param>
/// <param name="SocketNodes">The nodes whose temporary files are outputs.</param>
internal sealed record JobGraph(ReadOnlyMemory<byte> Bytes, IReadOnlySet<string> SocketNodes)
{
    private const string OverSocket = "SaveImageWebsocket";
    private const string AsTemporaryFile = "PreviewImage";

    private static readonly HashSet<string> None = [];

    public static JobGraph From(ReadOnlyMemory<byte> rendered)
    {
        // Hardly any graph has such a node, so no other is parsed for it.
        if (rendered.Span.IndexOf("SaveImageWebsocket"u8) < 0)
        {
            return new JobGraph(rendered, None);
        }

        var graph = JsonNode.Parse(rendered.Span)!.AsObject();
        var nodes = graph.Where(n => n.Value!["class_type"]!.GetValue<string>() == OverSocket).Select(n => n.Key).ToHashSet();
        foreach (var node in nodes)
        {
            graph[node]!["class_type"] = AsTemporaryFile;
        }

        return new JobGraph(JsonSerializer.SerializeToUtf8Bytes(graph), nodes);
    }

    /// <summary>
    /// The output nodes that are not among those that a server runs, each with its class. Nodes whose class it does not tell of are passed over:
    /// nobody knows whether they are outputs.
    /// </summary>
    public IReadOnlyList<(string Id, string Type)> LeftOut(ObjectInfo known, IReadOnlyList<string> outputNodes) =>
    [
        .. from node in Parse().EnumerateObject()
           where !outputNodes.Contains(node.Name)
           let type = node.Value.GetProperty("class_type").GetString()!
           where known.NodeTypes.TryGetValue(type, out var nodeType) && nodeType.OutputNode
           select (node.Name, type),
    ];

    public JsonElement Parse() => JsonElement.Parse(Bytes.Span);
}
