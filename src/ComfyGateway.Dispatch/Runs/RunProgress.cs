using ComfyGateway.Jobs.Contracts;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Progress over a whole graph: nodes that ended, and the part of the one that runs, by their weights. Never goes back.</summary>
internal sealed class RunProgress
{
    // Only the end of the job is 100.
    private const int Almost = 99;

    private readonly GraphShape _shape;
    private readonly HashSet<string> _finished;

    /// <param name="promptId">Of the attempt.</param>
    /// <param name="shape">Of the graph.</param>
    /// <param name="finished">Nodes that are known to have ended, where another gateway followed the run before.</param>
    /// <param name="reached">How far that other gateway told it to be.</param>
    public RunProgress(string promptId, GraphShape shape, IEnumerable<string> finished, int reached)
    {
        (PromptId, _shape, _finished) = (promptId, shape, [.. finished]);
        Now = new(reached, null, null, null, null, null);
        Now = Now with { Progress = Percent(null, 0) };
    }

    public string PromptId { get; }

    /// <summary>The run as it is now; replaced as a whole, so that readers never see half a change.</summary>
    public LiveRun Now { get; private set; }

    /// <summary>Takes in a frame. Returns the nodes that it shows to have ended.</summary>
    public IReadOnlyList<string> Tell(SocketMessage message)
    {
        switch (message)
        {
            case SocketMessage.ExecutionCached cached:
                _finished.UnionWith(cached.Nodes);
                Now = Now with { Progress = Percent(null, 0) };
                return [];
            case SocketMessage.Executing { Node: { } node }:
                Now = Now with { Node = node, NodeType = _shape.TypeOf(node), Step = null, Steps = null };
                return [];
            case SocketMessage.Progress { Max: > 0 } step:
                Step(step.Node, step.Value, step.Max);
                return [];
            case SocketMessage.ProgressState state:
                return Tell(state.Nodes);
            case SocketMessage.Preview preview:
                Now = Now with { Preview = new LivePreview(preview.ContentType, preview.Image) };
                return [];
            default:
                return [];
        }
    }

    private string[] Tell(IReadOnlyList<NodeProgress> nodes)
    {
        string[] ended = [.. nodes.Where(n => n.State == "finished" && _finished.Add(n.Node)).Select(n => n.Node)];
        if (nodes.FirstOrDefault(n => n is { State: "running", Max: > 0 }) is { } running)
        {
            Step(running.Node, running.Value, running.Max);
        }
        else
        {
            Now = Now with { Progress = Percent(null, 0) };
        }

        return ended;
    }

    private void Step(string node, double value, double max) => Now = Now with
    {
        Progress = Percent(node, value / max),
        Node = node,
        NodeType = _shape.TypeOf(node),
        Step = (int)value,
        Steps = (int)max,
    };

    private int Percent(string? running, double part)
    {
        var done = _finished.Sum(_shape.WeightOf) + (running is null ? 0 : _shape.WeightOf(running) * Math.Clamp(part, 0, 1));
        return Math.Clamp((int)(100 * done / _shape.Weight), Now.Progress, Almost);
    }
}
