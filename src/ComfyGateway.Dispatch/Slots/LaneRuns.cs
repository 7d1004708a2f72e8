using ComfyGateway.Dispatch.Runs;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>The runs of a lane: sent to ComfyUI, prepared to be sent, and ended with something left to record.</summary>
internal sealed class LaneRuns
{
    // One that runs and one behind it: a third would only be harder to take back.
    private const int Depth = 2;

    // Ended prompts whose end is still being asked for, or their outputs stored. More would mean that the store is slower than the GPU.
    private const int MaxFinishing = 16;

    private readonly List<JobRun> _sent = [];
    private readonly HashSet<Task> _following = [];
    private readonly HashSet<Task> _finishing = [];
    private readonly Queue<JobRun> _prepared = new();

    // By runs and not by jobs: one that was given back may be here again before that is through.
    private readonly HashSet<JobRun> _all = [];
    private readonly HashSet<Guid> _reserved = [];
    private readonly Lock _gate = new();

    public int Sent
    {
        get
        {
            lock (_gate)
            {
                return _sent.Count;
            }
        }
    }

    public bool HasRoom
    {
        get
        {
            lock (_gate)
            {
                var through = _sent.Count(run => run.IsThrough);
                return _sent.Count - through < Depth && _finishing.Count + through < MaxFinishing;
            }
        }
    }

    /// <summary>Nothing runs, and nothing is about to.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
            {
                return _sent.Count == 0 && _reserved.Count == 0;
            }
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (_gate)
            {
                return _sent.Count == 0 && _prepared.Count == 0 && _finishing.Count == 0 && _reserved.Count == 0;
            }
        }
    }

    /// <summary>Whether the lane has the job, in whatever state.</summary>
    public bool Has(Guid jobId)
    {
        lock (_gate)
        {
            return _all.Any(run => run.Job.Id == jobId) || _reserved.Contains(jobId);
        }
    }

    /// <summary>A job will be given to the lane: nobody is to take it up from the queue meanwhile.</summary>
    public void Reserve(Guid jobId)
    {
        lock (_gate)
        {
            _reserved.Add(jobId);
        }
    }

    public void Release(Guid jobId)
    {
        lock (_gate)
        {
            _reserved.Remove(jobId);
        }
    }

    public void Prepare(JobRun run)
    {
        lock (_gate)
        {
            _all.Add(run);
            _prepared.Enqueue(run);
        }
    }

    /// <summary>Prepared runs are the lane's alone, so they need no lock.</summary>
    public Queue<JobRun> Prepared => _prepared;

    /// <summary>The run after which the next will come.</summary>
    public JobRun? Last
    {
        get
        {
            lock (_gate)
            {
                return _prepared.LastOrDefault() ?? _sent.LastOrDefault();
            }
        }
    }

    public void AddSent(JobRun run)
    {
        lock (_gate)
        {
            _all.Add(run);
            if (!_sent.Contains(run))
            {
                _sent.Add(run);
            }
        }
    }

    /// <summary>Replaces a sent run by what is left to be recorded of it, in one step: it is never in neither.</summary>
    /// <param name="then">Called when that is recorded, and no longer counts against the room that there is.</param>
    public void EndSent(JobRun run, Func<Task> finish, Action then)
    {
        var finishing = new Task<Task>(finish);
        lock (_gate)
        {
            _sent.Remove(run);
            Keep(_finishing, finishing.Unwrap(), () =>
            {
                _all.Remove(run);
                then();
            });
        }

        // Others need not wait for what it does before it waits itself.
        finishing.RunSynchronously(TaskScheduler.Default);
    }

    public void AddFollowing(Task following)
    {
        lock (_gate)
        {
            Keep(_following, following);
        }
    }

    /// <summary>The first that was sent runs or is about to; one that runs already stays whatever is wanted.</summary>
    /// <returns>Whether there is one to recall.</returns>
    public bool RecallBehind(Func<JobRun, bool> which)
    {
        lock (_gate)
        {
            JobRun[] behind = [.. _sent.Where(run => !run.IsThrough).Skip(1).Where(which)];
            Array.ForEach(behind, run => run.Want(RunIntent.Recall));
            return behind.Length > 0;
        }
    }

    /// <summary>Takes out the prepared runs that <paramref name="which"/> chooses; the others keep their order.</summary>
    public IReadOnlyList<JobRun> TakePrepared(Func<JobRun, bool> which)
    {
        var all = _prepared.ToArray();
        var taken = Array.FindAll(all, run => which(run));
        if (taken.Length > 0)
        {
            _prepared.Clear();
            foreach (var kept in all.Except(taken))
            {
                _prepared.Enqueue(kept);
            }
        }

        return taken;
    }

    /// <summary>Returns when nothing of this lane goes on any more.</summary>
    public async Task WhenQuiet()
    {
        while (Open() is { Length: > 0 } open)
        {
            await Task.WhenAll(open).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Task[] Open()
    {
        lock (_gate)
        {
            return [.. _following, .. _finishing];
        }
    }

    private void Keep(HashSet<Task> tasks, Task task, Action? then = null)
    {
        tasks.Add(task);
        _ = task.ContinueWith(
            done =>
            {
                lock (_gate)
                {
                    tasks.Remove(done);
                    then?.Invoke();
                }
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
