using System.Collections.Concurrent;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>How far jobs are: those that run in this process. Ticks are told, not stored.</summary>
internal sealed class ProgressBoard
{
    private readonly ConcurrentDictionary<Guid, RunProgress> _runs = new();

    /// <summary>The runs of this process.</summary>
    public IEnumerable<KeyValuePair<Guid, RunProgress>> Here => _runs;

    public RunProgress? Find(Guid jobId) => _runs.GetValueOrDefault(jobId);

    /// <param name="finished">Nodes that are known to have ended.</param>
    public RunProgress Begin(Guid jobId, GraphShape shape, IEnumerable<string> finished) => _runs[jobId] = new RunProgress(shape, finished);

    /// <summary>The run has ended; another of the same job, which may have begun, has not.</summary>
    public void End(Guid jobId, RunProgress run) => _runs.TryRemove(KeyValuePair.Create(jobId, run));
}
