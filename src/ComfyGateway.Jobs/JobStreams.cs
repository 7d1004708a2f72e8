using System.Buffers;
using System.Collections.Concurrent;
using ComfyGateway.Platform;
using ComfyGateway.Platform.Events;
using Marten;
using Npgsql;
using NpgsqlTypes;

namespace ComfyGateway.Jobs;

/// <summary>
/// Reads and writes the streams of many jobs at once: events, streams and views with one statement for all, where Marten would send three for
/// each job. What lies in the tables afterwards is the same: a test holds it (docs/adr/0023).
/// </summary>
internal sealed class JobStreams(IDocumentStore store, TimeProvider clock)
{
    private const string Schema = EventStoreRegistration.Schema;

    // What streams and views have in common, sent once. One statement and not three has fewer messages to write, to run and to answer.
    private const string Jobs = """
        with jobs as materialized (
            select * from unnest(?::uuid[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[]) as j (id, version, data, owner, status, workflow_id))
        """;

    private const string InsertStreams = $"""
        insert into {Schema}.mt_streams (id, type, version, timestamp, tenant_id)
        select id, 'job', version, now(), '*DEFAULT*' from jobs
        """;

    // No two events of a stream have the same version: where another writer came between, this fails.
    private const string InsertEvents = $"""
        insert into {Schema}.mt_events
            (seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, is_archived, correlation_id, user_name)
        select nextval('{Schema}.mt_events_sequence'), e.id, e.stream_id, e.version, e.data::jsonb, e.type, '*DEFAULT*', ?, e.dotnet_type, false, e.correlation_id, e.user_name
        from unnest(?::uuid[], ?::uuid[], ?::bigint[], ?::text[], ?::text[], ?::text[], ?::text[], ?::text[])
            as e (id, stream_id, version, data, type, dotnet_type, correlation_id, user_name)
        """;

    private const string InsertViews = $"""
        insert into {Schema}.mt_doc_jobview (id, data, mt_version, mt_dotnet_type, owner, status, workflow_id)
        select id, data::jsonb, version, ?, owner, status, workflow_id from jobs
        """;

    // Found by their keys and not by a join, whose plan, made while the tables were small, would read all of them when they have grown.
    private const string PutStreams = $"{InsertStreams} on conflict (id) do update set version = excluded.version, timestamp = excluded.timestamp";

    private const string PutViews = $"""
        {InsertViews}
        on conflict (id) do update set data = excluded.data, mt_version = excluded.mt_version, status = excluded.status, mt_last_modified = transaction_timestamp()
        """;

    private const string BeginJobs = $"{Jobs}, streams as ({InsertStreams}), events as ({InsertEvents}) {InsertViews}";

    private const string AppendToJobs = $"{Jobs}, streams as ({PutStreams}), events as ({InsertEvents}) {PutViews}";

    // Who makes happen what happens to a job once its owner has sent it.
    private const string Gateway = "gateway";

    // As a rule enough for an event or a view.
    private const int FirstText = 2048;

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

    /// <summary>The first event of a job, of its text.</summary>
    public JobQueued Read(byte[] queued) => store.Options.Serializer().FromJson<JobQueued>(new MemoryStream(queued, writable: false));

    /// <summary>Adds jobs with their first events to what <paramref name="statements"/> will commit; where there is one already, that is a conflict.</summary>
    /// <returns>The text of all their events, in order.</returns>
    public byte[][] Begin(IStatements statements, IReadOnlyList<JobAppend> jobs) => Add(statements, BeginJobs, jobs);

    /// <summary>Adds events of jobs to what <paramref name="statements"/> will commit; where another writer came between, that is a conflict.</summary>
    public void Append(IStatements statements, IReadOnlyList<JobAppend> appends) => Add(statements, AppendToJobs, appends);

    private byte[][] Add(IStatements statements, string statement, IReadOnlyList<JobAppend> appends)
    {
        var now = clock.GetUtcNow();
        var views = appends.Select(a => a.After.View).ToArray();
        NewEvent[] events = [.. appends.SelectMany(a => a.Events.Select((e, n) => new NewEvent(a.After.View, a.After.Version - a.Events.Count + 1 + n, e)))];
        var kinds = events.Select(e => KindOf(e.Data)).ToArray();
        var text = new ArrayBufferWriter<byte>(FirstText);
        var texts = events.Select(e => Json(e.Data, text)).ToArray();
        statements.Add(
            statement,
            views.Select(v => v.Id).ToArray(), views.Select(v => (long)v.Version).ToArray(), Texts(views.Select(v => Json(v, text)).ToArray()),
            views.Select(v => v.Owner).ToArray(), views.Select(v => v.Status.ToString()).ToArray(), views.Select(v => v.WorkflowId).ToArray(),
            now,
            events.Select(_ => OrderedIds.New(now)).ToArray(), events.Select(e => e.Job.Id).ToArray(), events.Select(e => e.Version).ToArray(),
            Texts(texts), kinds.Select(k => k.Name).ToArray(), kinds.Select(k => k.DotNetName).ToArray(),
            events.Select(e => e.Job.CorrelationId).ToArray(), events.Select(e => e.Data is JobQueued ? e.Job.Owner : Gateway).ToArray(),
            ViewType);
        return texts;
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

    /// <summary>As it is sent: a string would be made of these bytes, and these bytes of it again.</summary>
    /// <param name="buffer">What it is written with; its content does not matter.</param>
    private byte[] Json(object document, ArrayBufferWriter<byte> buffer)
    {
        buffer.ResetWrittenCount();
        store.Options.Serializer().WriteTo(buffer, document);
        return buffer.WrittenSpan.ToArray();
    }

    private static NpgsqlParameter Texts(byte[][] values) => new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private sealed record NewEvent(JobView Job, long Version, object Data);
}

/// <summary>Events to append to a job's stream, and the job with them applied.</summary>
internal sealed record JobAppend(IReadOnlyList<object> Events, KnownJob After);
