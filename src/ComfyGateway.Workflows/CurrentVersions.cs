using System.Collections.Concurrent;
using ComfyGateway.Platform.Events;
using Marten;
using Marten.Services;
using Npgsql;

namespace ComfyGateway.Workflows;

/// <summary>
/// Which version of a workflow is current. Asked for each job, so it is remembered until a workflow changes, here or on another
/// gateway; what another gateway tells can be lost, so where there are others nothing is remembered for longer than two seconds.
/// </summary>
internal sealed class CurrentVersions : DocumentSessionListenerBase
{
    private const string Kind = "workflow";

    private const string Find = $"""
        select (data ->> 'version')::int from {EventStoreRegistration.Schema}.mt_doc_workflow
        where id = $1 and not (data ->> 'isDeleted')::boolean
        """;

    private static readonly TimeSpan WithOthers = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<string, (int Version, DateTimeOffset Until)> _known = new();
    private readonly NpgsqlDataSource _database;
    private readonly ClusterNotices _notices;
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private int _changes;

    public CurrentVersions(NpgsqlDataSource database, ClusterNotices notices, TimeProvider clock)
    {
        (_database, _notices, _clock) = (database, notices, clock);
        notices.On(Kind, _ => Forget());
    }

    /// <summary>Null where the id is not in use.</summary>
    public async Task<int?> Of(string workflowId, CancellationToken ct)
    {
        if (_known.TryGetValue(workflowId, out var known) && _clock.GetUtcNow() < known.Until)
        {
            return known.Version;
        }

        var changes = Volatile.Read(ref _changes);
        await using var command = _database.CreateCommand(Find);
        command.Parameters.Add(new() { Value = Workflow.StreamOf(workflowId) });
        var version = (int?)await command.ExecuteScalarAsync(ct);

        if (version is { } current)
        {
            Remember(workflowId, current, changes);
        }

        return version;
    }

    public override Task AfterCommitAsync(IDocumentSession session, IChangeSet commit, CancellationToken token)
    {
        if (commit.GetEvents().Any(e => e.Data is WorkflowRegistered or WorkflowUpdated or WorkflowDeleted))
        {
            Forget();
            _notices.Send(Kind, "changed");
        }

        return Task.CompletedTask;
    }

    private void Remember(string workflowId, int version, int changes)
    {
        lock (_gate)
        {
            // A change that was committed while the answer was on its way may have made it old.
            if (changes == _changes)
            {
                _known[workflowId] = (version, _notices.IsAlone ? DateTimeOffset.MaxValue : _clock.GetUtcNow() + WithOthers);
            }
        }
    }

    private void Forget()
    {
        lock (_gate)
        {
            _changes++;
            _known.Clear();
        }
    }
}
