using System.Collections.Concurrent;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>How far jobs are: those that run in this process. Ticks are told, not stored.</summary>
internal sealed class ProgressBoard
{
    private readonly ConcurrentDictionary<Guid, RunProgress> _runs = new();

    /// <summary>The runs of this process.</summary>
    public IEnumerable<KeyValuePair<Guid, RunProgress>> Here => _runs;

    public RunProgress? Find(Guid jobId) => _runs.GetValueOrDefault(jobId);

    public RunProgress Begin(Guid jobId, RunProgress run) => _runs[jobId] = run;

    /// <summary>The run has ended; another of the same job, which may have begun, has not.</summary>
    public void End(Guid jobId, RunProgress run) => _runs.TryRemove(KeyValuePair.Create(jobId, run));
}
