using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Execution;

/// <summary>The growing <c>nodes</c> object of the <c>progress_state</c> messages of one prompt.</summary>
internal sealed class ProgressBoard(string promptId)
{
    private readonly PyDict _nodes = [];

    public PyDict Start(string id) => Set(id, 0.0, 1.0, "running");

    public PyDict Update(string id, int value, int max) => Set(id, value, max, "running");

    /// <summary>A node that never ran (it was cached) counts as 1 of 1, in whole numbers.</summary>
    public PyDict Finish(string id)
    {
        var max = (_nodes.Find(id) as PyDict)?["max"] ?? 1;
        return Set(id, max, max, "finished");
    }

    private PyDict Set(string id, object value, object max, string state)
    {
        _nodes[id] = new PyDict
        {
            ["value"] = value,
            ["max"] = max,
            ["state"] = state,
            ["node_id"] = id,
            ["prompt_id"] = promptId,
            ["display_node_id"] = id,
            ["parent_node_id"] = null,
            ["real_node_id"] = id,
        };
        return new PyDict { ["prompt_id"] = promptId, ["nodes"] = new PyDict(_nodes) };
    }
}
