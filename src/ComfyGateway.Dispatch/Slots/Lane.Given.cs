using System.Collections.Concurrent;
using ComfyGateway.Jobs;

namespace ComfyGateway.Dispatch.Slots;

/// <content>Jobs that the lane has from their acceptance on.</content>
internal sealed partial class Lane
{
    private readonly ConcurrentQueue<(Job Job, int Rank)> _given = new();

    /// <summary>A job is about to be accepted for this lane: the lane's own until it is given, or to be looked for.</summary>
    public void Reserve(Guid jobId) => _runs.Reserve(jobId);

    /// <summary>The job was accepted, with its submission by this slot.</summary>
    public void Give(Job job, int rank)
    {
        _given.Enqueue((job, rank));
        _wake.Raise();
    }

    /// <summary>Nobody knows whether the job was accepted for this lane.</summary>
    public void LookFor(Guid jobId)
    {
        _runs.Release(jobId);
        _mayHaveMore = true;
        _wake.Raise();
    }

    private async Task TakeGiven(CancellationToken stop)
    {
        while (_given.TryDequeue(out var given))
        {
            try
            {
                if (await parts.Preparer.TakeGiven(backend, given.Job, given.Rank, stop) is { } run)
                {
                    _runs.Prepare(run);
                }
            }
            finally
            {
                _runs.Release(given.Job.Id);
            }
        }
    }
}
