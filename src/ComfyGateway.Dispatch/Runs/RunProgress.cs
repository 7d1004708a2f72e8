using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Progress over a whole graph: nodes that ended, and the part of the one that runs, by their weights. Never goes back.</summary>
internal sealed class RunProgress(GraphShape shape)
{
    // Only the end of the job is 100.
    private const int Almost = 99;

    private readonly HashSet<string> _finished = [];
    private int _percent;

    /// <summary>0 … 99.</summary>
    public int Percent => Volatile.Read(ref _percent);

    public string? CurrentNode { get; private set; }

    public DateTimeOffset? StartedAt { get; set; }

    /// <summary>Takes in a frame. Returns the nodes that it shows to have ended.</summary>
    public IReadOnlyList<string> Tell(SocketMessage message)
    {
        switch (message)
        {
            case SocketMessage.ExecutionCached cached:
                _finished.UnionWith(cached.Nodes);
                Advance(null, 0);
                return [];
            case SocketMessage.Executing { Node: { } node }:
                CurrentNode = node;
                return [];
            case SocketMessage.Progress { Max: > 0 } step:
                CurrentNode = step.Node;
                Advance(step.Node, step.Value / step.Max);
                return [];
            case SocketMessage.ProgressState state:
                var ended = state.Nodes.Where(n => n.State == "finished" && _finished.Add(n.Node)).Select(n => n.Node).ToArray();
                var running = state.Nodes.FirstOrDefault(n => n is { State: "running", Max: > 0 });
                Advance(running?.Node, running is null ? 0 : running.Value / running.Max);
                return ended;
            default:
                return [];
        }
    }

    private void Advance(string? running, double part)
    {
        var done = _finished.Sum(shape.WeightOf) + (running is null ? 0 : shape.WeightOf(running) * Math.Clamp(part, 0, 1));
        _percent = Math.Clamp((int)(100 * done / shape.Weight), _percent, Almost);
    }
}
