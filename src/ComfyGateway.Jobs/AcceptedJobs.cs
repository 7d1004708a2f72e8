using ComfyGateway.Platform.Events;
using Marten;

namespace ComfyGateway.Jobs;

/// <summary>
/// Writes the first events of many jobs, their streams and their views, with one statement each, where Marten would send three for each
/// job. What lies in the tables afterwards is the same: a test holds it (docs/adr/0023).
/// </summary>
internal sealed class AcceptedJobs(IDocumentStore store, TimeProvider clock)
{
    private const string Schema = EventStoreRegistration.Schema;

    private const string InsertStreams = $"""
        insert into {Schema}.mt_streams (id, type, version, timestamp, tenant_id)
        select id, 'job', 1, now(), '*DEFAULT*' from unnest(?::uuid[]) id
        """;

    private const string InsertEvents = $"""
        insert into {Schema}.mt_events
            (seq_id, id, stream_id, version, data, type, tenant_id, timestamp, mt_dotnet_type, is_archived, correlation_id, user_name)
        select nextval('{Schema}.mt_events_sequence'), e.id, e.stream_id, 1, e.data::jsonb, ?, '*DEFAULT*', ?, ?, false, e.correlation_id, e.user_name
        from unnest(?::uuid[], ?::uuid[], ?::text[], ?::text[], ?::text[]) as e (id, stream_id, data, correlation_id, user_name)
        """;

    private const string InsertViews = $"""
        insert into {Schema}.mt_doc_jobview (id, data, mt_version, mt_dotnet_type, owner, status, workflow_id)
        select v.id, v.data::jsonb, 1, ?, v.owner, ?, v.workflow_id
        from unnest(?::uuid[], ?::text[], ?::text[], ?::text[]) as v (id, data, owner, workflow_id)
        """;

    private static readonly string ViewType = $"{typeof(JobView).FullName}";

    /// <summary>Adds the jobs to what <paramref name="session"/> will commit.</summary>
    public void Add(IDocumentSession session, IReadOnlyList<JobQueued> jobs)
    {
        var json = store.Options.Serializer();
        var ids = jobs.Select(j => j.JobId).ToArray();
        var owners = jobs.Select(j => j.Owner).ToArray();
        var kind = session.Events.BuildEvent(jobs[0]);
        var now = clock.GetUtcNow();

        session.QueueSqlCommand(InsertStreams, ids);
        session.QueueSqlCommand(
            InsertEvents,
            kind.EventTypeName, now, kind.DotNetTypeName,
            ids.Select(_ => Guid.CreateVersion7(now)).ToArray(), ids, jobs.Select(j => json.ToJson(j)).ToArray(),
            jobs.Select(j => j.CorrelationId).ToArray(), owners);
        session.QueueSqlCommand(
            InsertViews,
            ViewType, nameof(JobStatus.Queued),
            ids, jobs.Select(j => json.ToJson(ViewOf(j))).ToArray(), owners, jobs.Select(j => j.WorkflowId).ToArray());
    }

    private static JobView ViewOf(JobQueued queued)
    {
        var view = JobView.Create(queued);
        view.Version = 1;
        return view;
    }
}
