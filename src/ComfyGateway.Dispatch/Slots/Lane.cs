using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// One GPU slot at work. Two prompts are in ComfyUI's hands where there are jobs enough: one that runs, and the next behind it, so
/// that the GPU goes from one to the other without a gap. What comes after is prepared here meanwhile: claimed, rendered, recorded.
/// The prompt behind is taken back when a job comes that goes first, or when another slot falls idle.
/// </summary>
internal sealed partial class Lane(Slot slot, Backend backend, LaneParts parts, ILogger<Lane> logger, CancellationToken stop)
{
    // One that runs and one behind it: a third would only be harder to take back.
    private const int Depth = 2;

    // Ended prompts whose outputs are still being stored. More would mean that the store is slower than the GPU.
    private const int MaxFinishing = 16;

    // Signals wake at once; this is for what no signal tells, such as a retry whose time has come.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly WakeUp _wake = new();
    private readonly List<JobRun> _sent = [];
    private readonly Queue<JobRun> _prepared = new();
    private readonly HashSet<Task> _finishing = [];
    private readonly Lock _gate = new();
    private int _bestRank = int.MaxValue;

    public async Task Run()
    {
        parts.Signal.JobsCame += Overtake;
        parts.Idle.FellIdle += GiveToIdle;
        await using var poll = parts.Clock.CreateTimer(_ => _wake.Raise(), null, Poll, Poll);
        await using var stopping = stop.Register(_wake.Raise);
        try
        {
            await TakeUp();
            while (true)
            {
                await Step();
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What runs goes on in ComfyUI; the next runner of this slot finds it there.
        }
        finally
        {
            parts.Signal.JobsCame -= Overtake;
            parts.Idle.FellIdle -= GiveToIdle;
            parts.Idle.Set(slot, isIdle: false);
            await Task.WhenAll(Finishing()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Step()
    {
        if (!backend.IsConnected)
        {
            GiveBackPrepared(_ => true);
        }

        if (SentCount() == 0 && !backend.IsConnected)
        {
            parts.Idle.Set(slot, isIdle: false);
            await backend.WaitUntilConnected(stop);
        }

        var (came, woken) = (parts.Signal.Next, _wake.Next);
        try
        {
            await Fill();
            parts.Idle.Set(slot, isIdle: SentCount() == 0);
            await CancelNoted();
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            LogNoDatabase(logger, slot, exception.Message);
        }

        await Task.WhenAny(came, woken);
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>The jobs that this slot had when its last runner ended: those that ComfyUI has are followed, the others sent.</summary>
    private async Task TakeUp()
    {
        var held = await Persistently(() => parts.Queue.HeldBy(slot, stop));
        foreach (var claimed in held)
        {
            if (await parts.Preparer.TakeUp(backend, claimed, stop) is not { } run)
            {
                continue;
            }

            LogTakenUp(logger, run.Job.Id, run.PromptId, backend.Id);
            var place = await parts.Locator.LocateForCertain(backend, run.PromptId, stop);
            if (place is PromptPlace.Nowhere && run.StartedAt is null)
            {
                _prepared.Enqueue(run);
                parts.Runs.Add(run);
            }
            else
            {
                Follow(run);
            }
        }
    }

    private async Task Fill()
    {
        var best = Interlocked.Exchange(ref _bestRank, int.MaxValue);
        GiveBackPrepared(run => run.Rank > best);
        while (HasRoom() && backend.IsConnected)
        {
            if (_prepared.Count == 0)
            {
                await Prepare();
            }

            if (!_prepared.TryDequeue(out var run))
            {
                return;
            }

            await Send(run);
        }
    }

    /// <summary>Claims as many jobs as the GPU can do in the time that claiming and recording take, and one at least.</summary>
    private async Task Prepare()
    {
        var claimed = await parts.Queue.Claim(slot, parts.RunTimes.JobsPerCommit(), stop);
        foreach (var run in await Task.WhenAll(claimed.Select(c => parts.Preparer.Prepare(backend, c, stop))))
        {
            if (run is not null)
            {
                parts.Runs.Add(run);
                _prepared.Enqueue(run);
            }
        }
    }

    private async Task Send(JobRun run)
    {
        // Counted before it is sent, so that whoever wants it back from now on finds it.
        lock (_gate)
        {
            _sent.Add(run);
        }

        if (await parts.Submitter.Submit(run, stop) is { } end)
        {
            End(run, end);
        }
        else
        {
            Follow(run);
        }
    }

    private void Follow(JobRun run)
    {
        lock (_gate)
        {
            if (!_sent.Contains(run))
            {
                _sent.Add(run);
            }
        }

        parts.Runs.Add(run);
        _ = FollowToEnd(run);
    }

    private async Task FollowToEnd(JobRun run)
    {
        try
        {
            End(run, await parts.Follower.Follow(run, stop));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            run.Dispose();
        }
        catch (Exception exception)
        {
            LogBroken(logger, exception, run.Job.Id);
            End(run, new PromptEnd.Failed(RunFailure.Internal()));
        }
    }

    /// <summary>The GPU has done with it: the lane goes on, and what is left of the run is done beside it.</summary>
    private void End(JobRun run, PromptEnd end)
    {
        parts.Runs.Remove(run);
        lock (_gate)
        {
            _sent.Remove(run);
            var finishing = parts.Finisher.Finish(run, end, stop);
            _finishing.Add(finishing);
            _ = finishing.ContinueWith(Finished, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }

        _wake.Raise();
    }

    private void Finished(Task finishing)
    {
        lock (_gate)
        {
            _finishing.Remove(finishing);
        }

        if (finishing.Exception is { } exception)
        {
            LogStuck(logger, exception.InnerException!, slot);
        }

        _wake.Raise();
    }

    /// <summary>A job came that goes before what is prepared or behind the running prompt.</summary>
    private void Overtake(int rank)
    {
        InterlockedMin(ref _bestRank, rank);
        GiveBack(run => run.Rank > rank);
    }

    private void GiveBackPrepared(Func<JobRun, bool> which)
    {
        for (var left = _prepared.Count; left > 0; left--)
        {
            var run = _prepared.Dequeue();
            if (which(run))
            {
                End(run, new PromptEnd.TakenBack());
            }
            else
            {
                _prepared.Enqueue(run);
            }
        }
    }

    private void GiveToIdle()
    {
        if (SentCount() > 0)
        {
            GiveBack(_ => true);
        }
    }

    private void GiveBack(Func<JobRun, bool> which)
    {
        lock (_gate)
        {
            // The first that was sent runs or is about to; one that runs already stays whatever is wanted.
            foreach (var run in _sent.Skip(1).Where(which))
            {
                run.Want(RunIntent.Recall);
            }
        }
    }

    private async Task CancelNoted()
    {
        foreach (var jobId in SentCount() == 0 ? [] : await parts.Queue.CanceledOf(slot, stop))
        {
            parts.Runs.Cancel(jobId);
        }
    }

    private async Task<T> Persistently<T>(Func<Task<T>> ask)
    {
        while (true)
        {
            try
            {
                return await ask();
            }
            catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
            {
                LogNoDatabase(logger, slot, exception.Message);
                await Task.Delay(Poll, parts.Clock, stop);
            }
        }
    }

    private bool HasRoom()
    {
        lock (_gate)
        {
            return _sent.Count < Depth && _finishing.Count < MaxFinishing && !(_sent.Count > 0 && parts.Idle.AnyBut(slot));
        }
    }

    private static void InterlockedMin(ref int target, int value)
    {
        for (var seen = Volatile.Read(ref target); value < seen; seen = Volatile.Read(ref target))
        {
            if (Interlocked.CompareExchange(ref target, value, seen) == seen)
            {
                return;
            }
        }
    }

    private int SentCount()
    {
        lock (_gate)
        {
            return _sent.Count;
        }
    }

    private Task[] Finishing()
    {
        lock (_gate)
        {
            return [.. _finishing];
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}: looking for prompt {PromptId} on {Backend}")]
    private static partial void LogTakenUp(ILogger logger, Guid jobId, string promptId, string backend);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Slot {Slot} cannot reach the database: {Reason}")]
    private static partial void LogNoDatabase(ILogger logger, Slot slot, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} met an unexpected error")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Slot {Slot}: the end of a job was not recorded; the next runner of the slot takes it up")]
    private static partial void LogStuck(ILogger logger, Exception exception, Slot slot);
}
