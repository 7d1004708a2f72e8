using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Outputs;

/// <summary>Examines the store when asked, and remembers the answer for a while: a probe of S3 is a paid request.</summary>
internal sealed class StoreWatch(IFileStore store, GatewaySettings settings, TimeProvider clock) : IStoreWatch, IDisposable
{
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly SemaphoreSlim _looking = new(1);
    private StoreCondition _known = StoreCondition.Good;
    private DateTimeOffset _knownAt = DateTimeOffset.MinValue;

    public async Task<StoreCondition> Look(CancellationToken ct)
    {
        await _looking.WaitAsync(ct);
        try
        {
            if (clock.GetUtcNow() - _knownAt > Memory)
            {
                (_known, _knownAt) = (await Examine(), clock.GetUtcNow());
            }

            return _known;
        }
        finally
        {
            _looking.Release();
        }
    }

    public void Dispose() => _looking.Dispose();

    private async Task<StoreCondition> Examine()
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        try
        {
            return await store.Examine(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return new StoreCondition($"the {settings.StorageProvider.ToString().ToLowerInvariant()} store did not answer within {Patience.TotalSeconds:0} s");
        }
    }
}
