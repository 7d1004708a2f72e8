using System.Collections.Concurrent;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Events;
using Marten;

namespace ComfyGateway.Jobs;

/// <summary>
/// Reads and writes the streams of many jobs at once: events, streams and views with one statement each, where Marten would send three for
/// each job. What lies in the tables afterwards is the same: a test holds it (docs/adr/0023).
/// </summary>
internal sealed class JobStreams(IDocumentStore store, TimeProvider clock)
{
    private const string Schema = EventStoreRegistration.Schema;

    private const string InsertStreams = $"""
        insert into {Schema}.mt_streams (id, type, version, timestamp, tenant_id)
        select s.id, 'job', s.version, now(), '*DEFAULT*' from unnest(?::uuid[], ?::bigint[]) as s (id, version)
        """;

    private const string InsertViews = $"""
        insert into {Schema}.mt_doc_jobview (id, data, mt_version, mt_dotnet_type, owner, status, workflow_id)
        select v.id, v.data::jsonb, v.version, ?, v.owner, v.status, v.workflow_id
        from unnest(?::uuid[], ?::text[], ?::bigint[], ?::text[], ?::text[], ?::text[]) as v (id, data, version, owner, status, workflow_id)
        """;

    // Found by their keys and not by a join, whose plan, made while the tables were small, would read all of them when they have grown.
    private const string PutStreams = $"{InsertStreams} on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp";

    private const string PutViews = $"""
        {InsertViews}
        on conflict (id) do update set data = excluded.data, mt_version = excluded.mt_version, status = excluded.status, mt_last_modified = transaction_timestamp()
        """;

    // No two events of a stream have the same version: where another writer came between, this fails.
    private const string InsertEvents = $"""
        insert into {Schema}.mt_events
            (seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, is_archived, correlation_id, user_name)
        select nextval('{Schema}.mt_events_sequence'), e.id, e.stream_id, e.version, e.data::jsonb, e.type, '*DEFAULT*', ?, e.dotnet_type, false, e.correlation_id, e.user_name
        from unnest(?::uuid[], ?::uuid[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
            as e (id, stream_id, version, data, type, dotnet_type, correlation_id, user_name)
        """;

    // Who makes happen what happens to a job once its owner has sent it.
    private const string Gateway = "gateway";

    private static readonly string ViewType = $"{typeof(JobView).FullName}";

    private readonly ConcurrentDictionary<Type, (string Name, string DotNetName)> _kinds = new();

    /// <summary>The jobs that there are among <paramref name="jobIds"/>.</summary>
    public async Task<IReadOnlyList<KnownJob>> Read(IReadOnlyList<Guid> jobIds, CancellationToken ct)
    {
        if (jobIds.Count == 0)
        {
            return [];
        }

        await using var session = store.QuerySession();
        var batch = session.CreateBatchQuery();
        var streams = jobIds.Select(id => batch.Events.FetchStream(id)).ToArray();
        await batch.Execute(ct);
        return [.. (await Task.WhenAll(streams)).Select(events => KnownJob.Of(events.Select(e => e.Data))).OfType<KnownJob>()];
    }

    /// <summary>Adds jobs with their first events to what <paramref name="statements"/> will commit; where there is one already, that is a conflict.</summary>
    public void Begin(IStatements statements, IReadOnlyList<JobAppend> jobs) => Add(statements, InsertStreams, InsertViews, jobs);

    /// <summary>Adds events of jobs to what <paramref name="statements"/> will commit; where another writer came between, that is a conflict.</summary>
    public void Append(IStatements statements, IReadOnlyList<JobAppend> appends) => Add(statements, PutStreams, PutViews, appends);

    private void Add(IStatements statements, string streams, string documents, IReadOnlyList<JobAppend> appends)
    {
        var views = appends.Select(a => a.After.View).ToArray();
        var ids = views.Select(v => v.Id).ToArray();
        var versions = views.Select(v => (long)v.Version).ToArray();
        statements.Add(streams, ids, versions);
        Insert(statements, [.. appends.SelectMany(a => a.Events.Select((e, n) => new NewEvent(a.After.View, a.After.Version - a.Events.Count + 1 + n, e)))]);
        statements.Add(
            documents,
            ViewType, ids, views.Select(Json).ToArray(), versions,
            views.Select(v => v.Owner).ToArray(), views.Select(v => v.Status.ToString()).ToArray(), views.Select(v => v.WorkflowId).ToArray());
    }

    private void Insert(IStatements statements, NewEvent[] events)
    {
        var now = clock.GetUtcNow();
        var kinds = events.Select(e => KindOf(e.Data)).ToArray();
        statements.Add(
            InsertEvents,
            now,
            events.Select(_ => OrderedIds.New(now)).ToArray(), events.Select(e => e.Job.Id).ToArray(), events.Select(e => e.Version).ToArray(),
            events.Select(e => Json(e.Data)).ToArray(), kinds.Select(k => k.Name).ToArray(), kinds.Select(k => k.DotNetName).ToArray(),
            events.Select(e => e.Job.CorrelationId).ToArray(), events.Select(e => e.Data is JobQueued ? e.Job.Owner : Gateway).ToArray());
    }

    /// <summary>What Marten calls events of this kind.</summary>
    private (string Name, string DotNetName) KindOf(object e) => _kinds.GetOrAdd(
        e.GetType(),
        _ =>
        {
            using var session = store.LightweightSession();
            var built = session.Events.BuildEvent(e);
            return (built.EventTypeName, built.DotNetTypeName);
        });

    private string Json(object document) => store.Options.Serializer().ToJson(document);

    private sealed record NewEvent(JobView Job, long Version, object Data);
}

/// <summary>Events to append to a job's stream, and the job with them applied.</summary>
internal sealed record JobAppend(IReadOnlyList<object> Events, KnownJob After);
