using Marten;

namespace ComfyGateway.Jobs;

/// <summary>The jobs that are followed in this process. A tail lives from its first follower to its last.</summary>
internal sealed class JobTails(IDocumentStore store, JobChanges changes, TimeProvider clock)
{
    private readonly Dictionary<Guid, JobTail> _tails = [];

    /// <summary>How many jobs are followed.</summary>
    public int Count
    {
        get
        {
            lock (_tails)
            {
                return _tails.Count;
            }
        }
    }

    public JobTail Follow(Guid jobId)
    {
        lock (_tails)
        {
            if (!_tails.TryGetValue(jobId, out var tail))
            {
                _tails[jobId] = tail = new JobTail(jobId, store, changes, clock);
                tail.Begin();
            }

            tail.Followers++;
            return tail;
        }
    }

    public async Task Leave(Guid jobId)
    {
        JobTail tail;
        lock (_tails)
        {
            tail = _tails[jobId];
            if (--tail.Followers > 0)
            {
                return;
            }

            _tails.Remove(jobId);
        }

        await tail.DisposeAsync();
    }
}
