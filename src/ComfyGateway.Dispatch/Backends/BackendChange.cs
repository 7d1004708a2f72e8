using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using Marten;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Records what administrators decide about backends, and makes it so here and on the other gateways.</summary>
internal sealed class BackendChange(IDocumentStore store, BackendPool pool, ClusterNotices notices, GatewaySettings settings, TimeProvider clock)
{
    // No two may have one id or one server, so each decision is to see those before it, whichever gateway they were made at.
    private const string OneByOne = "backend change";

    /// <summary>Decides about a backend that there is.</summary>
    /// <param name="decide">The event, from the time.</param>
    /// <returns>The backend with the decision in force; null where it is there no more.</returns>
    /// <exception cref="Platform.Problems.ProblemException">BACKEND_NOT_FOUND.</exception>
    public async Task<Backend?> Decide(string backendId, Func<DateTimeOffset, object> decide, Caller caller, CancellationToken ct)
    {
        await Append(there => there.Any(b => b.Address.Id == backendId) ? (backendId, decide(clock.GetUtcNow())) : throw BackendProblems.NotFound(backendId), caller, ct);
        return pool.Find(backendId);
    }

    /// <summary>Decides in view of the backends that there are, and has it in force.</summary>
    /// <param name="decide">Whom it is about, and the event.</param>
    public async Task<T> Append<T>(Func<IReadOnlyList<PlannedBackend>, (string BackendId, T Event)> decide, Caller caller, CancellationToken ct)
        where T : notnull
    {
        var (backendId, decided) = await Save(decide, caller, ct);
        await pool.Refresh(ct);
        notices.Send(BackendPool.Kind, backendId);
        return decided;
    }

    private async Task<(string BackendId, T Event)> Save<T>(Func<IReadOnlyList<PlannedBackend>, (string BackendId, T Event)> decide, Caller caller, CancellationToken ct)
        where T : notnull
    {
        await using var session = store.LightweightSession();
        (session.LastModifiedBy, session.CorrelationId) = (caller.Owner, caller.CorrelationId);
        await session.BeginTransactionAsync(ct);
        await session.OneByOne(OneByOne, ct);
        var decision = decide([.. (await BackendPlan.Read(session, settings, ct)).Where(b => b.Mode != BackendMode.Removed)]);
        var stream = await session.Events.FetchForWriting<BackendRecord>(BackendRecord.StreamOf(decision.BackendId), ct);
        stream.AppendOne(decision.Event);
        await session.SaveChangesAsync(ct);
        return decision;
    }
}
