using System.Collections.Concurrent;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Jobs;

/// <summary>Wakes whoever waits for something to be recorded of a job, on whichever gateway it was recorded.</summary>
internal sealed class JobChanges
{
    private const string Kind = "job";

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _waiting = new();
    private readonly ClusterNotices _notices;

    public JobChanges(ClusterNotices notices)
    {
        _notices = notices;
        notices.On(Kind, about =>
        {
            if (Guid.TryParse(about, out var jobId))
            {
                Wake(jobId);
            }
        });
    }

    /// <summary>Completes at the next change. Take it before looking at the job, so that nothing is missed between.</summary>
    public Task Next(Guid jobId) =>
        _waiting.GetOrAdd(jobId, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Something was committed.</summary>
    public void Raise(Guid jobId)
    {
        Wake(jobId);
        _notices.Send(Kind, jobId.ToString());
    }

    /// <summary>Lets those who wait look again, and forgets them; also for whoever was the last to wait, so that nothing is kept of jobs that ended.</summary>
    public void Wake(Guid jobId)
    {
        if (_waiting.TryRemove(jobId, out var waiting))
        {
            waiting.TrySetResult();
        }
    }
}
