using System.Runtime.CompilerServices;
using ComfyGateway.Workflows.Contracts;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Shows other modules what each backend says of its node classes.</summary>
internal sealed class BackendNodeCatalogs(BackendPool pool) : INodeCatalogs
{
    // A backend is asked anew only after it was away, so what it says is translated once and kept as long as it is.
    private readonly ConditionalWeakTable<ObjectInfo, IReadOnlyDictionary<string, BackendNode>> _translated = [];

    public IReadOnlyList<BackendNodes> All => [.. pool.All.Select(b => Nodes(b.Id, b.State))];

    private BackendNodes Nodes(string backend, BackendState state) => new(
        backend, state.Reachable, state.Inventory.Nodes is { } info ? _translated.GetValue(info, Translate) : new Dictionary<string, BackendNode>());

    private static Dictionary<string, BackendNode> Translate(ObjectInfo info) => info.NodeTypes.Values.ToDictionary(
        type => type.Name,
        type => new BackendNode([.. type.Inputs.Select(Translate)], type.Outputs, type.OutputNode));

    private static BackendNodeInput Translate(NodeInput input) => new(
        input.Name, input.Type, input.Required, input.Options, input.Default, input.Min, input.Max, input.ImageUpload);
}
