using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Runs;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>The runs of one backend that listen to its socket; each frame goes to the watch of its prompt.</summary>
internal sealed class PromptWatches
{
    private readonly ConcurrentDictionary<string, PromptWatch> _watches = new();

    public int Count => _watches.Count;

    public bool Has(string promptId) => _watches.ContainsKey(promptId);

    public PromptWatch Add(string promptId)
    {
        var watch = new PromptWatch(promptId);
        watch.Ended += () => _watches.TryRemove(promptId, out _);
        _watches[promptId] = watch;
        return watch;
    }

    public void TellAll(SocketMessage message)
    {
        foreach (var watch in _watches.Values)
        {
            watch.Tell(message);
        }
    }

    public void TellOwner(SocketMessage message)
    {
        if (PromptOf(message) is { } promptId && _watches.TryGetValue(promptId, out var owner))
        {
            owner.Tell(message);
        }
    }

    private static string? PromptOf(SocketMessage message) => message switch
    {
        SocketMessage.ExecutionStart m => m.PromptId,
        SocketMessage.ExecutionCached m => m.PromptId,
        SocketMessage.Executing m => m.PromptId,
        SocketMessage.Progress m => m.PromptId,
        SocketMessage.ProgressState m => m.PromptId,
        SocketMessage.Executed m => m.PromptId,
        SocketMessage.ExecutionSuccess m => m.PromptId,
        SocketMessage.ExecutionError m => m.PromptId,
        SocketMessage.ExecutionInterrupted m => m.PromptId,
        SocketMessage.Preview m => m.PromptId,
        _ => null,
    };
}
