using System.Collections.Concurrent;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>The slots of this process that could run a job at once. While there is one, no other slot takes or keeps a job ahead.</summary>
internal sealed class IdleSlots
{
    private readonly ConcurrentDictionary<Slot, bool> _idle = new();

    /// <summary>Raised when a slot has fallen idle.</summary>
    public event Action? FellIdle;

    public void Set(Slot slot, bool isIdle)
    {
        if (!isIdle)
        {
            _idle.TryRemove(slot, out _);
        }
        else if (_idle.TryAdd(slot, true))
        {
            FellIdle?.Invoke();
        }
    }

    public bool AnyBut(Slot slot) => _idle.Keys.Any(s => s != slot);
}
