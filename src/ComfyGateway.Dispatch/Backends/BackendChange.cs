using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using JasperFx;
using Marten;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Records what an administrator decides about a backend, and makes it so here and on the other gateways.</summary>
internal sealed class BackendChange(IDocumentStore store, BackendPool pool, ClusterNotices notices)
{
    private const int MaxTries = 5;

    public async Task Append(string backendId, object decided, Caller caller, CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Save(backendId, decided, caller, ct);
                break;
            }
            catch (ConcurrencyException) when (attempt < MaxTries)
            {
                // None of these decisions depends on the one that came between.
            }
        }

        await pool.Refresh(ct);
        notices.Send(BackendPool.Kind, backendId);
    }

    private async Task Save(string backendId, object decided, Caller caller, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        (session.LastModifiedBy, session.CorrelationId) = (caller.Owner, caller.CorrelationId);
        var stream = await session.Events.FetchForWriting<BackendRecord>(BackendRecord.StreamOf(backendId), ct);
        stream.AppendOne(decided);
        await session.SaveChangesAsync(ct);
    }
}
