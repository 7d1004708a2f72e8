namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// The right to run a slot. While it is not certain, which happens when the database is away or this process has stood still, nothing new may be
/// claimed, sent or given back: another gateway may have the slot, and the same jobs.
/// </summary>
internal sealed class SlotLock(SlotLocks locks, Slot slot) : IAsyncDisposable
{
    private readonly CancellationTokenSource _lost = new();
    private volatile bool _isHeld;

    public Slot Slot => slot;

    public bool IsHeld
    {
        get => _isHeld;
        set => _isHeld = value;
    }

    /// <summary>Held, and no other can have got it since that was last heard.</summary>
    public bool IsCertain => _isHeld && locks.IsCertain;

    /// <summary>Cancelled when another gateway has the slot.</summary>
    public CancellationToken Lost => _lost.Token;

    public void Lose() => _lost.Cancel();

    public async ValueTask DisposeAsync()
    {
        await locks.Release(this);
        _lost.Dispose();
    }
}
