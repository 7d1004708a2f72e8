using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Settings;
using Marten;
using Npgsql;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Records what administrators decide about backends, and makes it so here and on the other gateways.</summary>
internal sealed class BackendChange(IDocumentStore store, BackendPool pool, ClusterNotices notices, GatewaySettings settings, TimeProvider clock)
{
    // No two may have one id or one server, so each decision is to see those before it, whichever gateway they were made at.
    private const string OneByOne = "select pg_advisory_xact_lock(hashtextextended('backend change', 0))";

    /// <summary>Decides about a backend that there is.</summary>
    /// <param name="decide">The event, from the time.</param>
    /// <exception cref="Platform.Problems.ProblemException">BACKEND_NOT_FOUND.</exception>
    public Task Decide(string backendId, Func<DateTimeOffset, object> decide, Caller caller, CancellationToken ct) => Append(
        there => there.Any(b => b.Address.Id == backendId) ? (backendId, decide(clock.GetUtcNow())) : throw BackendProblems.NotFound(backendId), caller, ct);

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
        await using var oneByOne = new NpgsqlCommand(OneByOne);
        await session.ExecuteAsync(oneByOne, ct);
        var records = await session.Query<BackendRecord>().OrderBy(r => r.At).ToListAsync(ct);
        var decision = decide([.. BackendPlan.From(settings, records).Where(b => b.Mode != BackendMode.Removed)]);
        var stream = await session.Events.FetchForWriting<BackendRecord>(BackendRecord.StreamOf(decision.BackendId), ct);
        stream.AppendOne(decision.Event);
        await session.SaveChangesAsync(ct);
        return decision;
    }
}
