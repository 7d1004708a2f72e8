using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// The slots that could run a job at once and found none for them, here and, by notices, on other gateways. New jobs are theirs first:
/// a busy slot takes one ahead only when the idle ones have looked and left it.
/// </summary>
internal sealed class IdleSlots
{
    private const string Kind = "idle";

    // A notice needs so long at most; a slot elsewhere that wants a new job has it by then.
    private static readonly TimeSpan RemoteStart = TimeSpan.FromMilliseconds(250);

    // Idle slots elsewhere say so every second.
    private static readonly TimeSpan RemoteLife = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Slot, long> _lookedAt = new();
    private readonly ConcurrentDictionary<Slot, DateTimeOffset> _elsewhere = new();
    private readonly ClusterNotices _notices;
    private readonly TimeProvider _clock;

    public IdleSlots(ClusterNotices notices, TimeProvider clock)
    {
        (_notices, _clock) = (notices, clock);
        notices.Received += Hear;
    }

    /// <summary>Raised with a slot that is idle and found no job for it.</summary>
    public event Action<Slot>? FellIdle;

    /// <summary>Raised when an idle slot has looked into the queue.</summary>
    public event Action? Looked;

    /// <summary>An idle slot looked into the queue, as it was at <paramref name="generation"/> or later, and found nothing for it.</summary>
    public void Found(Slot slot, long generation)
    {
        var isNew = !_lookedAt.TryGetValue(slot, out var before);
        _lookedAt[slot] = generation;
        _notices.Send(Kind, slot.ToString());
        if (isNew)
        {
            FellIdle?.Invoke(slot);
        }

        if (isNew || before != generation)
        {
            Looked?.Invoke();
        }
    }

    public void Busy(Slot slot)
    {
        if (_lookedAt.TryRemove(slot, out _))
        {
            Looked?.Invoke();
        }
    }

    /// <summary>Whether an idle slot other than <paramref name="slot"/> may still take what came last.</summary>
    public bool MayTake(Slot slot, QueueSignal signal) =>
        _lookedAt.Any(idle => idle.Key != slot && idle.Value < signal.Generation)
        || (_clock.GetUtcNow() - signal.RaisedAt < RemoteStart && _elsewhere.Any(idle => _clock.GetUtcNow() - idle.Value < RemoteLife));

    private void Hear(string kind, string about)
    {
        if (kind == Kind && Slot.Parse(about) is { } slot)
        {
            _elsewhere[slot] = _clock.GetUtcNow();
            FellIdle?.Invoke(slot);
        }
    }
}
