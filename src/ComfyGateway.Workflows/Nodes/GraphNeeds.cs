using System.Text.Json;
using ComfyGateway.Workflows.Contracts;

namespace ComfyGateway.Workflows.Nodes;

internal sealed class GraphNeeds(INodeCatalogs catalogs) : IGraphNeeds
{
    public IReadOnlyList<MissingNeed>? Missing(JsonElement graph, string backend)
    {
        var nodes = catalogs.All.FirstOrDefault(b => b.Backend == backend);
        return nodes is not { Classes.Count: > 0 }
            ? null
            : [.. new NodeCheck(new NodeKnowledge([nodes])).OfGraph(graph)
                .Where(f => f.Kind is FindingKind.MissingNode or FindingKind.MissingModel)
                .Select(f => new MissingNeed(f.Node, graph.GetProperty(f.Node).GetProperty("class_type").GetString()!, $"{f.Path} {f.Message}"))];
    }
}
