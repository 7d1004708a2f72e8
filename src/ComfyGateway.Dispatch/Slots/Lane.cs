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
/// <param name="held">The right to run the slot.</param>
/// <param name="backend">The slot's.</param>
/// <param name="isLast">The pool has the slot no more: what ComfyUI has is followed to its end, and that was it.</param>
/// <param name="parts">What it works with.</param>
/// <param name="logger">Told of what is out of the ordinary.</param>
internal sealed partial class Lane(SlotLock held, Backend backend, bool isLast, LaneParts parts, ILogger<Lane> logger) : IDisposable
{
    private readonly Slot _slot = held.Slot;

    // Signals wake at once; this is for what no signal tells, such as a retry whose time has come.
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    // A claim of the slot's last runner can be committed after this one has looked for what it had.
    private const int PollsPerLook = 10;

    private readonly WakeUp _wake = new();
    private readonly LaneRuns _runs = new();
    private readonly CancellationTokenSource _ending = new();
    private long _claims;

    // Jobs that are being claimed and prepared beside the sending of others.
    private Task<JobRun[]>? _preparing;

    // The generation of the queue at which it had nothing for the slot; -1 where it had.
    private long _nothingAt = -1;
    private volatile bool _mayHaveMore = true;
    private int _mayHaveNotes = 1;
    private int _polls;
    private int _bestRank = int.MaxValue;

    // What was last given back for an idle slot.
    private volatile IdleSlots.GivenBack? _givenBack;

    public Slot Slot => _slot;

    /// <summary>The slot is certainly this lane's.</summary>
    public bool IsCertain => held.IsCertain;

    /// <summary>The models that its backend has in memory.</summary>
    public IReadOnlyList<string> LoadedModels => backend.Loaded.Models;

    private bool IsClosing => isLast || backend.Mode == BackendMode.Removed;

    /// <summary>Works until <paramref name="stop"/>, or until the slot or its backend is removed and nothing of it is left.</summary>
    public async Task Run(CancellationToken stop)
    {
        await using var stopping = stop.Register(_ending.Cancel);
        await using var poll = parts.Clock.CreateTimer(_ => LookAround(), null, Poll, Poll);
        Listen();
        try
        {
            while (_mayHaveMore || !IsClosing || !_runs.IsEmpty || _preparing is not null)
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
            await LeavePrepared();
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
        try
        {
            if (_mayHaveMore || _preparing is { IsCompleted: true })
            {
                await CollectPrepared();
            }

            GiveUpWhatCannotRun();
            await TakeGiven(stop);
            if (_mayHaveMore && held.IsCertain)
            {
                _mayHaveMore = false;
                await TakeUp(stop);
            }

            await Fill(generation, stop);
            if (_runs.IsIdle && held.IsCertain && Takes(0))
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
        catch (Exception exception) when (DatabaseFailure.IsPassing(exception))
        {
            LogNoDatabase(logger, _slot, exception.Message);
            // A claim may have been committed though its answer was lost.
            _mayHaveMore = true;
        }

        await (IsServed ? woken : Task.WhenAny(came, woken));
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
            // Where ComfyUI is away, nobody waits here for its answer: a cancel, or the end of patience, ends that.
            var place = await PromptLocator.TryLocate(backend, run.PromptId, stop);
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
        GiveBackWhatWaitsInVain();
        while (HasRoom())
        {
            // Where the GPU does many jobs in the time that preparing takes, the next are prepared while these are sent; else one, when there is room for it.
            if (_runs.Prepared.Count < parts.RunTimes.JobsPerCommit())
            {
                PrepareMore(generation, stop);
            }

            if (_runs.Prepared.Count == 0)
            {
                await CollectPrepared();
            }

            // Each time: much can have come while another was sent.
            GiveBackWhatWaitsInVain();
            if (!held.IsCertain)
            {
                return;
            }

            if (_runs.Prepared.TryDequeue(out var run))
            {
                await Send(run, stop);
            }
            else if (_nothingAt >= 0)
            {
                // Where the queue had something, and nothing came of it, there may be more.
                return;
            }
        }
    }

    /// <summary>
    /// Gives back what is prepared and should not wait here: it goes behind a job that has come, it is to end, or what runs takes so much longer than
    /// was thought that any slot may be faster. What is still being prepared is looked at when that is done.
    /// </summary>
    private void GiveBackWhatWaitsInVain()
    {
        var best = _preparing is null && held.IsCertain ? Interlocked.Exchange(ref _bestRank, int.MaxValue) : Volatile.Read(ref _bestRank);
        var oldest = parts.Clock.GetUtcNow() - Poll;
        GiveBackPrepared(run => run.Rank > best || run.Intent != RunIntent.Finish || run.PreparedAt < oldest);
    }

    /// <summary>Begins to claim and prepare jobs, unless that is under way. A queue in which nothing waits need not be looked into again until jobs come.</summary>
    private void PrepareMore(long generation, CancellationToken stop)
    {
        if (_preparing is null && (generation != _nothingAt || parts.Depth.Waiting > 0))
        {
            _preparing = Prepare(_runs.Last?.Job.Models ?? backend.Loaded.Models, generation, stop);
        }
    }

    /// <summary>Claims as many jobs as the GPU can do in the time that claiming and recording take, and one at least.</summary>
    private async Task<JobRun[]> Prepare(IReadOnlyList<string> loaded, long generation, CancellationToken stop)
    {
        var request = new ClaimRequest(
            _slot, parts.RunTimes.JobsPerCommit(), ClaimedJob.ModelOf(loaded), parts.RunTimes.PassOver(backend.Id), parts.Placement.IsAlone(backend));
        var claimed = await parts.Claims.Claim(request, _claims++, stop);
        _nothingAt = claimed.Count == 0 ? generation : -1;
        Task<JobRun?>[] preparing = [.. claimed.Select(c => parts.Preparer.Prepare(backend, c, stop))];
        try
        {
            return [.. (await Task.WhenAll(preparing)).OfType<JobRun>()];
        }
        catch
        {
            // The slot has them all the same, and they are taken up anew together.
            Array.ForEach([.. preparing.Where(p => p.IsCompletedSuccessfully).Select(p => p.Result).OfType<JobRun>()], Leave);
            throw;
        }
    }

    /// <summary>What was begun to be prepared is the lane's to send.</summary>
    private async Task CollectPrepared()
    {
        if (_preparing is { } preparing)
        {
            _preparing = null;
            Array.ForEach(await preparing, _runs.Prepare);
        }
    }

    /// <summary>Jobs that this lane has and did not send are for the slot's next runner.</summary>
    private async Task LeavePrepared()
    {
        await ((Task?)_preparing ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_preparing is { IsCompletedSuccessfully: true })
        {
            await CollectPrepared();
        }

        foreach (var run in _runs.TakePrepared(_ => true))
        {
            Leave(run);
        }
    }

    private void Leave(JobRun run)
    {
        parts.Runs.Remove(run);
        backend.Left(run.PromptId);
        run.Dispose();
    }

    private async Task Send(JobRun run, CancellationToken stop)
    {
        if (!backend.Circuit.Enter(run.PromptId))
        {
            // Another slot was faster to try a prompt.
            End(run, new PromptEnd.TakenBack());
            return;
        }

        // Counted before it is sent, so that whoever wants it back from now on finds it.
        run.Ahead = parts.Runs.At(backend);
        _runs.AddSent(run);
        // Of what came since it was chosen nobody has told it.
        var best = Volatile.Read(ref _bestRank);
        _runs.RecallBehind(sent => sent.Rank > best);
        if (await Submit(run, stop) is { } end)
        {
            End(run, end);
        }
        else
        {
            Follow(run);
        }
    }

    private async Task<PromptEnd?> Submit(JobRun run, CancellationToken stop)
    {
        try
        {
            return await parts.Submitter.Submit(run, stop);
        }
        catch
        {
            // The lane ends, and the next runner of the slot takes the prompt up; others are not to wait for that.
            backend.Left(run.PromptId);
            throw;
        }
    }

    private void LookAround()
    {
        Interlocked.Exchange(ref _mayHaveNotes, 1);
        if (Interlocked.Increment(ref _polls) % PollsPerLook == 0)
        {
            _mayHaveMore = true;
        }

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

    private bool Takes(int sent) => !isLast && backend.Takes(sent);

    private bool HasRoom() =>
        held.IsCertain && _runs.HasRoom && Takes(_runs.Sent) && (_runs.Sent == 0 || !IsForIdleSlot());

    /// <summary>
    /// There is no room and nothing prepared, so jobs that come are nothing to this lane: one for which the second prompt has to be taken back
    /// does that by itself, and that wakes the lane as all does that makes room.
    /// </summary>
    private bool IsServed => !_runs.HasRoom && _runs.Prepared.Count == 0 && _preparing is null;

    /// <summary>What waits is, as far as is known, better left to a slot with nothing to do.</summary>
    private bool IsForIdleSlot() => parts.Idle.MayTake(_slot, parts.Signal) || (_givenBack is { } given && parts.Idle.MayTake(given, parts.Signal));
}
