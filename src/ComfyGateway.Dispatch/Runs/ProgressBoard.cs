using System.Collections.Concurrent;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>How far jobs are: those that run in this process. Ticks are told, not stored.</summary>
internal sealed class ProgressBoard
{
    private readonly ConcurrentDictionary<Guid, RunProgress> _runs = new();

    /// <summary>The runs of this process.</summary>
    public IEnumerable<KeyValuePair<Guid, RunProgress>> Here => _runs;

    public RunProgress? Find(Guid jobId) => _runs.GetValueOrDefault(jobId);

    public RunProgress Begin(Guid jobId, GraphShape shape) => _runs[jobId] = new RunProgress(shape);

    public void End(Guid jobId) => _runs.TryRemove(jobId, out _);
}
