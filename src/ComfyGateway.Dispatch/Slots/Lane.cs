using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Runs;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// One GPU slot at work. Two prompts are in ComfyUI's hands where there are jobs enough: one that runs, and the next behind it, so
/// that the GPU goes from one to the other without a gap. What comes after is prepared here meanwhile: claimed, rendered, recorded.
/// The prompt behind is taken back when a job comes that goes first, when another slot falls idle, or when the backend is to do no more.
/// </summary>
internal sealed partial class Lane(SlotLock held, Backend backend, LaneParts parts, ILogger<Lane> logger) : IDisposable
{
    private readonly Slot _slot = held.Slot;

    // Signals wake at once; this is for what no signal tells, such as a retry whose time has come.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    private readonly WakeUp _wake = new();
    private readonly LaneRuns _runs = new();
    private readonly CancellationTokenSource _ending = new();
    private long _claims;

    // The generation of the queue at which it had nothing for the slot; -1 where it had.
    private long _nothingAt = -1;
    private volatile bool _mayHaveMore = true;
    private int _mayHaveNotes = 1;
    private int _bestRank = int.MaxValue;

    public Slot Slot => _slot;

    /// <summary>The models that its backend has in memory.</summary>
    public IReadOnlyList<string> LoadedModels => backend.LoadedModels;

    /// <summary>Works until <paramref name="stop"/>, or until the backend is removed and nothing of it is left.</summary>
    public async Task Run(CancellationToken stop)
    {
        await using var stopping = stop.Register(_ending.Cancel);
        await using var poll = parts.Clock.CreateTimer(_ => LookAround(), null, Poll, Poll);
        Listen();
        try
        {
            while (_mayHaveMore || backend.Mode != BackendMode.Removed || !_runs.IsEmpty)
            {
                await Step(_ending.Token);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // What runs goes on in ComfyUI; the next runner of this slot finds it there.
        }
        finally
        {
            Unlisten();
            // Whoever runs this slot next takes up its prompts: nobody may still be following them here.
            await _ending.CancelAsync();
            await _runs.WhenQuiet();
            if (_runs.Sent > 0)
            {
                await backend.LeavePrompts();
            }
        }
    }

    public void Dispose() => _ending.Dispose();

    private void Listen()
    {
        parts.Signal.JobsCame += Overtake;
        parts.Idle.FellIdle += GiveToIdle;
        parts.Idle.Looked += _wake.Raise;
        backend.Changed += _wake.Raise;
    }

    private void Unlisten()
    {
        parts.Signal.JobsCame -= Overtake;
        parts.Idle.FellIdle -= GiveToIdle;
        parts.Idle.Looked -= _wake.Raise;
        backend.Changed -= _wake.Raise;
        BeBusy();
    }

    private void BeBusy()
    {
        parts.HandOffs.Busy(_slot);
        parts.Idle.Busy(_slot);
    }

    private async Task Step(CancellationToken stop)
    {
        var (came, woken, generation) = (parts.Signal.Next, _wake.Next, parts.Signal.Generation);
        GiveUpWhatCannotRun();
        try
        {
            await TakeGiven(stop);
            if (_mayHaveMore)
            {
                _mayHaveMore = false;
                await TakeUp(stop);
            }

            await Fill(generation, stop);
            if (_runs.IsIdle && held.IsHeld && backend.Takes(0))
            {
                parts.Idle.Found(_slot, generation);
                parts.HandOffs.Idle(this, generation);
            }
            else
            {
                BeBusy();
            }

            await CancelNoted(stop);
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            LogNoDatabase(logger, _slot, exception.Message);
            // A claim may have been committed though its answer was lost.
            _mayHaveMore = true;
        }

        await Task.WhenAny(came, woken);
        stop.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// The jobs that the slot has and this lane does not know of, since its last runner had them or a claim was lost: those that ComfyUI
    /// has are followed, the others sent.
    /// </summary>
    private async Task TakeUp(CancellationToken stop)
    {
        foreach (var claimed in await parts.Queue.HeldBy(_slot, stop))
        {
            if (_runs.Has(claimed.JobId) || await parts.Preparer.TakeUp(backend, claimed, stop) is not { } run)
            {
                continue;
            }

            LogTakenUp(logger, run.Job.Id, run.PromptId, backend.Id);
            parts.Runs.Add(run);
            var place = await parts.Locator.LocateForCertain(backend, run.PromptId, stop);
            if (place is PromptPlace.Nowhere && run.StartedAt is null)
            {
                _runs.Prepare(run);
            }
            else
            {
                if (place is PromptPlace.Queued { ClientId: { } sender })
                {
                    backend.Hear(run.Watch, sender);
                }

                Follow(run);
            }
        }
    }

    private async Task Fill(long generation, CancellationToken stop)
    {
        var best = Interlocked.Exchange(ref _bestRank, int.MaxValue);
        GiveBack(_runs.TakePrepared(run => run.Rank > best));
        while (HasRoom())
        {
            if (_runs.Prepared.Count == 0 && MayFind(generation))
            {
                await Prepare(generation, stop);
            }

            if (!_runs.Prepared.TryDequeue(out var run))
            {
                return;
            }

            await Send(run, stop);
        }
    }

    /// <summary>A queue in which nothing waits need not be looked into again until jobs come.</summary>
    private bool MayFind(long generation) => generation != _nothingAt || parts.Depth.Waiting > 0;

    /// <summary>Claims as many jobs as the GPU can do in the time that claiming and recording take, and one at least.</summary>
    private async Task Prepare(long generation, CancellationToken stop)
    {
        var loaded = _runs.Last?.Job.Models ?? backend.LoadedModels;
        var request = new ClaimRequest(
            _slot, parts.RunTimes.JobsPerCommit(), ClaimedJob.ModelOf(loaded), parts.RunTimes.PassOver(backend.Id), parts.Placement.IsAlone(backend));
        var claimed = await parts.Claims.Claim(request, _claims++, stop);
        _nothingAt = claimed.Count == 0 ? generation : -1;
        foreach (var run in await Task.WhenAll(claimed.Select(c => parts.Preparer.Prepare(backend, c, stop))))
        {
            if (run is not null)
            {
                parts.Runs.Add(run);
                _runs.Prepare(run);
            }
        }
    }

    private async Task Send(JobRun run, CancellationToken stop)
    {
        // Counted before it is sent, so that whoever wants it back from now on finds it.
        _runs.AddSent(run);
        if (await parts.Submitter.Submit(run, stop) is { } end)
        {
            End(run, end);
        }
        else
        {
            Follow(run);
        }
    }

    private void LookAround()
    {
        Interlocked.Exchange(ref _mayHaveNotes, 1);
        _wake.Raise();
    }

    /// <summary>A cancel is told of at once; now and then the lane looks for notes whose telling was lost.</summary>
    private async Task CancelNoted(CancellationToken stop)
    {
        if (_runs.Sent > 0 && Interlocked.Exchange(ref _mayHaveNotes, 0) == 1)
        {
            foreach (var jobId in await parts.Queue.CanceledOf(_slot, stop))
            {
                parts.Runs.Cancel(jobId);
            }
        }
    }

    private bool HasRoom() =>
        held.IsHeld && _runs.HasRoom && backend.Takes(_runs.Sent) && (_runs.Sent == 0 || !parts.Idle.MayTake(_slot, parts.Signal));
}
