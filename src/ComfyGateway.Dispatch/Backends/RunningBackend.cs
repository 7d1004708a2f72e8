namespace ComfyGateway.Dispatch.Backends;

/// <summary>A backend that is kept in touch with until it is disposed.</summary>
internal sealed class RunningBackend : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;

    public RunningBackend(Backend backend)
    {
        Backend = backend;
        _run = backend.Run(_stop.Token);
    }

    public Backend Backend { get; }

    public bool Is(PlannedBackend planned) => Backend.Address == planned.Address && Backend.Slots == planned.Slots;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        Backend.Dispose();
        _stop.Dispose();
    }
}
