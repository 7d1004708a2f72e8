using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// The slots that could run a job at once and found none for them, here and, by notices, on other gateways. New jobs are theirs first:
/// a busy slot takes one ahead only when the idle ones have looked and left it. An idle slot that left jobs, since its backend cannot run
/// them, is not waited for.
/// </summary>
internal sealed class IdleSlots
{
    private const string Kind = "idle";
    private const string UnableKind = "idle-unable";

    // A notice needs so long at most; a slot elsewhere that wants a new job has it by then.
    private static readonly TimeSpan RemoteStart = TimeSpan.FromMilliseconds(250);

    // Idle slots elsewhere say so every second.
    private static readonly TimeSpan RemoteLife = TimeSpan.FromSeconds(3);

    // Where two slots could not agree on a job, it would otherwise go to and fro between them.
    private static readonly TimeSpan TellAgain = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Slot, Look> _looks = new();
    private readonly ConcurrentDictionary<Slot, DateTimeOffset> _elsewhere = new();
    private readonly ConcurrentDictionary<Slot, DateTimeOffset> _toldAt = new();
    private readonly QueueDepth _depth;
    private readonly ClusterNotices _notices;
    private readonly TimeProvider _clock;

    public IdleSlots(QueueDepth depth, ClusterNotices notices, TimeProvider clock)
    {
        (_depth, _notices, _clock) = (depth, notices, clock);
        notices.On(Kind, about => Hear(about, slot => _elsewhere[slot] = _clock.GetUtcNow()));
        notices.On(UnableKind, about => Hear(about, slot => _elsewhere.TryRemove(slot, out _)));
    }

    /// <summary>Raised with a slot that is idle and found no job for it; again now and then while it is.</summary>
    public event Action<Slot>? FellIdle;

    /// <summary>Raised when an idle slot has looked into the queue.</summary>
    public event Action? Looked;

    /// <summary>An idle slot looked into the queue, as it was at <paramref name="generation"/> or later, and found nothing for it.</summary>
    public void Found(Slot slot, long generation)
    {
        // What it leaves it cannot run: others need not wait for it to take what is likely to be more of the same.
        var look = new Look(generation, LeavesJobs: _depth.Waiting > 0);
        var isNew = !_looks.TryGetValue(slot, out var before);
        _looks[slot] = look;
        _notices.Send(look.LeavesJobs ? UnableKind : Kind, slot.ToString());
        Tell(slot, isNew);
        if (isNew || before != look)
        {
            Looked?.Invoke();
        }
    }

    public void Busy(Slot slot)
    {
        if (_looks.TryRemove(slot, out _))
        {
            Looked?.Invoke();
        }
    }

    /// <summary>Whether an idle slot other than <paramref name="slot"/> may still take what came last.</summary>
    public bool MayTake(Slot slot, QueueSignal signal) =>
        _looks.Any(idle => idle.Key != slot && !idle.Value.LeavesJobs && idle.Value.Generation < signal.Generation)
        || (_clock.GetUtcNow() - signal.RaisedAt < RemoteStart && _elsewhere.Any(idle => _clock.GetUtcNow() - idle.Value < RemoteLife));

    /// <summary>
    /// Whether the slot for which something was given back to the queue may still take it, though it left other jobs. Not for long: it may have
    /// come to do something else, or not be able to after all.
    /// </summary>
    public bool MayTake(GivenBack given, QueueSignal signal)
    {
        var now = _clock.GetUtcNow();
        return now - given.At < TellAgain && (given.IsHere
            ? _looks.TryGetValue(given.For, out var look) && look.Generation <= given.Generation
            : signal.Generation <= given.Generation || now - signal.RaisedAt < RemoteStart);
    }

    /// <summary>Notes that something is given back for an idle slot.</summary>
    public GivenBack GiveBackFor(Slot idle, QueueSignal signal) => new(idle, _looks.ContainsKey(idle), signal.Generation, _clock.GetUtcNow());

    private void Hear(string about, Action<Slot> note)
    {
        if (Slot.Parse(about) is { } slot)
        {
            note(slot);
            Tell(slot, isNew: false);
        }
    }

    private void Tell(Slot slot, bool isNew)
    {
        var now = _clock.GetUtcNow();
        if (isNew || now - _toldAt.GetValueOrDefault(slot) >= TellAgain)
        {
            _toldAt[slot] = now;
            FellIdle?.Invoke(slot);
        }
    }

    /// <summary>Something that a busy slot gives back to the queue for an idle one.</summary>
    /// <param name="IsHere">The idle slot is one of this process.</param>
    /// <param name="Generation">Of the queue before; when it is back, this has grown.</param>
    internal sealed record GivenBack(Slot For, bool IsHere, long Generation, DateTimeOffset At);

    private sealed record Look(long Generation, bool LeavesJobs);
}
