using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Nodes;
using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Queueing;

namespace ComfyUi.Simulator.Execution;

/// <summary>
/// One prompt from execution_start to its end. Per node: progress_state (running), executing, progress_state and progress for
/// each step, executed (if it shows something), progress_state (finished).
/// </summary>
internal sealed class PromptRun(Engine engine, PromptItem item, CancellationToken ct)
{
    private readonly PyList _messages = [];
    private readonly List<string> _executed = [];
    private readonly ProgressBoard _board = new(item.Id);
    private bool _succeeded = true;

    public PromptItem Item => item;

    public Engine Engine => engine;

    public CancellationToken Stopped => ct;

    public async Task Execute()
    {
        Tell("execution_start", []);
        engine.Cache.Begin(item.Prompt);
        var cached = new PyList(item.Prompt.Keys.Where(id => engine.Cache.Find(id) is not null));
        Tell("execution_cached", new PyDict { ["nodes"] = cached });
        var plan = new ExecutionPlan(item.Prompt, engine.Parts.Catalog, id => engine.Cache.Find(id) is not null);
        foreach (var output in item.Outputs)
        {
            plan.Add((string)output!);
        }

        while (_succeeded && !plan.IsEmpty)
        {
            var id = plan.Next();
            await ExecuteNode(id);
            plan.Complete(id);
        }

        if (_succeeded)
        {
            Tell("execution_success", []);
        }

        engine.LastNode = null;
    }

    public PyDict HistoryEntry()
    {
        var shown = item.Prompt.Keys
            .Select(id => (Id: id, engine.Cache.Find(id)?.Shown))
            .Where(node => node.Shown is not null).ToList();
        return new PyDict
        {
            ["prompt"] = item.AsHistoryTuple(),
            ["outputs"] = new PyDict(shown.Select(n => KeyValuePair.Create(n.Id, (object?)n.Shown))),
            ["status"] = new PyDict
            {
                ["status_str"] = _succeeded ? "success" : "error",
                ["completed"] = _succeeded,
                ["messages"] = _messages,
            },
            ["meta"] = new PyDict(shown.Select(n => KeyValuePair.Create(n.Id, (object?)Meta(n.Id)))),
        };
    }

    /// <summary>One step of a node. This is the only place where a running node can be interrupted.</summary>
    public void Report(NodeCall call, int value, int max, PreviewImage? preview = null)
    {
        ct.ThrowIfCancellationRequested();
        engine.ThrowIfInterrupted();
        var hasMetadata = engine.Parts.Hub.SupportsPreviewMetadata(engine.ClientId);
        engine.Send("progress_state", _board.Update(call.Id, value, max), engine.ClientId);
        if (preview is not null && hasMetadata)
        {
            engine.SendBinary(preview.WithMetadata(call.Id, item.Id), engine.ClientId);
        }

        var progress = new PyDict { ["value"] = value, ["max"] = max, ["prompt_id"] = item.Id, ["node"] = call.Id };
        engine.Send("progress", progress, engine.ClientId);
        if (preview is not null && !hasMetadata)
        {
            engine.SendBinary(preview.Plain(), engine.ClientId);
        }
    }

    private static PyDict Meta(string id) =>
        new() { ["node_id"] = id, ["display_node"] = id, ["parent_node"] = null, ["real_node_id"] = id };

    private async Task ExecuteNode(string id)
    {
        if (engine.Cache.Find(id) is { } cached)
        {
            TellExecuted(id, cached.Shown);
            engine.Send("progress_state", _board.Finish(id), engine.ClientId);
            return;
        }

        var call = CallOf(id);
        engine.Send("progress_state", _board.Start(id), engine.ClientId);
        TellExecuting(id);
        try
        {
            await Run(call);
        }
        catch (NodeInterrupted)
        {
            _succeeded = false;
            Tell("execution_interrupted", NodeErrors.Interrupted(call, _executed), toAll: true);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            _succeeded = false;
            Tell("execution_error", NodeErrors.Raised(call, _executed, e));
        }
    }

    private async Task Run(NodeCall call)
    {
        engine.ThrowIfInterrupted();
        engine.Parts.Faults.StrikeNode(call);
        var result = await NodeBehaviours.Run(call);
        ct.ThrowIfCancellationRequested();
        if (result.Shown is not null)
        {
            TellExecuted(call.Id, result.Shown);
        }

        engine.Cache.Keep(call.Id, result);
        engine.Send("progress_state", _board.Finish(call.Id), engine.ClientId);
        _executed.Add(call.Id);
    }

    private NodeCall CallOf(string id)
    {
        var node = item.Prompt.Dict(id);
        var type = (string)node["class_type"]!;
        var inputs = new OrderedDictionary<string, object?>();
        foreach (var (name, value) in node.Dict("inputs").Where(i => IsDeclared(type, i.Key)))
        {
            inputs[name] = value is PyList and [string from, var slot]
                ? engine.Cache.Find(from)?.Slot((int)PyNumber.ToInt(slot)) ?? NodeValue.Nothing
                : value;
        }

        return new NodeCall(id, type, inputs, this);
    }

    private bool IsDeclared(string type, string input) =>
        engine.Parts.Catalog.Find(type) is not { } known || known.Inputs.Any(i => i.Name == input);

    private void TellExecuting(string id)
    {
        if (engine.ClientId is not null)
        {
            engine.LastNode = id;
            engine.Send("executing", new PyDict { ["node"] = id, ["display_node"] = id, ["prompt_id"] = item.Id }, engine.ClientId);
        }
    }

    private void TellExecuted(string id, PyDict? shown)
    {
        if (engine.ClientId is not null)
        {
            var data = new PyDict { ["node"] = id, ["display_node"] = id, ["output"] = shown, ["prompt_id"] = item.Id };
            engine.Send("executed", data, engine.ClientId);
        }
    }

    private void Tell(string type, PyDict details, bool toAll = false)
    {
        var data = type == "execution_cached"
            ? new PyDict { ["nodes"] = details["nodes"], ["prompt_id"] = item.Id }
            : new PyDict(details.Prepend(KeyValuePair.Create("prompt_id", (object?)item.Id)));
        data["timestamp"] = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        _messages.Add(new PyList { type, data });
        if (engine.ClientId is not null || toAll)
        {
            engine.Send(type, data, engine.ClientId);
        }
    }
}
