using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using Marten;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Records what an administrator decides about a backend, and makes it so here and on the other gateways.</summary>
internal sealed class BackendChange(IDocumentStore store, BackendPool pool, ClusterNotices notices, TimeProvider clock)
{
    private const int MaxTries = 5;

    /// <summary>Decides about a backend that is in the pool.</summary>
    /// <param name="decide">The event, from the backend's id and the time.</param>
    /// <returns>The backend, with the decision in force.</returns>
    /// <exception cref="Platform.Problems.ProblemException">BACKEND_NOT_FOUND.</exception>
    public async Task<Backend> Decide(string backendId, Func<string, DateTimeOffset, object> decide, Caller caller, CancellationToken ct)
    {
        var backend = pool.Find(backendId) ?? throw BackendProblems.NotFound(backendId);
        await Append(backend.Id, decide(backend.Id, clock.GetUtcNow()), caller, ct);
        return backend;
    }

    public async Task Append(string backendId, object decided, Caller caller, CancellationToken ct)
    {
        // None of these decisions depends on another that comes between.
        await Conflicts.TryAgain(() => Save(backendId, decided, caller, ct), MaxTries);
        await pool.Refresh(ct);
        notices.Send(BackendPool.Kind, backendId);
    }

    private async Task<bool> Save(string backendId, object decided, Caller caller, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        (session.LastModifiedBy, session.CorrelationId) = (caller.Owner, caller.CorrelationId);
        var stream = await session.Events.FetchForWriting<BackendRecord>(BackendRecord.StreamOf(backendId), ct);
        stream.AppendOne(decided);
        await session.SaveChangesAsync(ct);
        return true;
    }
}
