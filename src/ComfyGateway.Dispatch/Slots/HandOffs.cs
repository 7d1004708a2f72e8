using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// The lanes of this process that have nothing to do and found nothing waiting. A job that comes then is theirs by the transaction that
/// accepts it: no claim, no second commit.
/// </summary>
internal sealed class HandOffs(QueueSignal signal, TimeProvider clock)
{
    private readonly ConcurrentDictionary<Slot, (Lane Lane, long Generation)> _idle = new();

    /// <summary>The lane has nothing to do, and the queue had nothing for it at <paramref name="generation"/>.</summary>
    public void Idle(Lane lane, long generation) => _idle[lane.Slot] = (lane, generation);

    public void Busy(Slot slot) => _idle.TryRemove(slot, out _);

    public IHandOff Of(IReadOnlyList<JobQueued> jobs)
    {
        var taken = new Dictionary<Guid, (Lane Lane, int Rank)>();
        // As the queue would have it: the higher priority first, then the first come.
        foreach (var job in jobs.OrderByDescending(j => j.Priority))
        {
            if (Take(job) is not { } lane)
            {
                break;
            }

            taken.Add(job.JobId, (lane, -job.Priority));
        }

        return new HandOff(taken, clock.GetUtcNow());
    }

    private Lane? Take(JobQueued job)
    {
        // The dictionary's own ToArray: Linq's would trip over a lane that falls idle or busy meanwhile.
        foreach (var (slot, idle) in _idle.ToArray().OrderByDescending(i => job.Models.SequenceEqual(i.Value.Lane.LoadedModels)))
        {
            // What came since it looked goes first, and by the queue's rules.
            if (idle.Generation == signal.Generation && idle.Lane.IsCertain && _idle.TryRemove(KeyValuePair.Create(slot, idle)))
            {
                idle.Lane.Reserve(job.JobId);
                return idle.Lane;
            }
        }

        return null;
    }

    private sealed class HandOff(Dictionary<Guid, (Lane Lane, int Rank)> taken, DateTimeOffset now) : IHandOff
    {
        private bool _isCommitted;

        public IReadOnlyDictionary<Guid, JobSubmitted> Submissions { get; } = taken.ToDictionary(
            t => t.Key, t => new JobSubmitted(1, t.Value.Lane.Slot.Backend, OrderedIds.New(now).ToString(), now));

        public void Claim(IStatements statements)
        {
            foreach (var (jobId, (lane, _)) in taken)
            {
                var slot = lane.Slot.ToString();
                statements.Add(JobClaims.Keep, slot, jobId, slot);
            }
        }

        public void Start(IEnumerable<Job> jobs)
        {
            _isCommitted = true;
            foreach (var job in jobs)
            {
                if (taken.TryGetValue(job.Id, out var by))
                {
                    by.Lane.Give(job, by.Rank);
                }
            }
        }

        public void Dispose()
        {
            if (_isCommitted)
            {
                return;
            }

            foreach (var (jobId, (lane, _)) in taken)
            {
                lane.LookFor(jobId);
            }
        }
    }
}
