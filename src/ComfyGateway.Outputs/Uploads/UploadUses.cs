using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;
using Npgsql;
using Weasel.Postgresql.Tables;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>Which jobs use which uploads. A row comes with its job's first event and is closed with its last, in the same transactions.</summary>
internal sealed class UploadUsesTable : Table
{
    public const string Name = EventStoreRegistration.Schema + ".upload_uses";

    public UploadUsesTable()
        : base(Name)
    {
        AddColumn("job_id", "uuid").AsPrimaryKey();
        AddColumn("upload_id", "uuid").AsPrimaryKey();
        // Null while the job waits or runs. Kept for as long as an upload lives after its last use.
        AddColumn("ended_at", "timestamptz");

        Indexes.Add(new IndexDefinition("upload_uses_upload") { Columns = ["upload_id"] });
        Indexes.Add(new IndexDefinition("upload_uses_ended") { Columns = ["ended_at"], Predicate = "ended_at is not null" });
    }
}

/// <summary>Asks what jobs need.</summary>
internal sealed class UploadUses(NpgsqlDataSource database)
{
    private const string Documents = EventStoreRegistration.Schema + ".mt_doc_upload";

    private const string IsOpen = $"select exists (select from {UploadUsesTable.Name} where upload_id = $1 and ended_at is null)";

    private const string Unused = $"""
        select id from {Documents} upload
        where stored_at < $1
          and not exists (select from {UploadUsesTable.Name} uses where uses.upload_id = upload.id and (ended_at is null or ended_at >= $1))
        order by stored_at limit $2
        """;

    private const string WithoutOwner = $"""
        select id from unnest($1::uuid[]) id
        where not exists (select from {Documents} upload where upload.id = id.id)
          and not exists (select from {UploadUsesTable.Name} uses where uses.upload_id = id.id and ended_at is null)
        """;

    private const string Renew = $"""
        insert into {UploadUsesTable.Name} (job_id, upload_id, ended_at) values (?, ?, ?)
        on conflict (job_id, upload_id) do update set ended_at = excluded.ended_at
        """;

    private const string Forget = $"delete from {UploadUsesTable.Name} where ended_at < $1";

    /// <summary>It was sent again: as good as a job that used it and has ended, in the place of which stands its own id.</summary>
    public static void NoteSentAgain(IStatements statements, Guid uploadId, DateTimeOffset at) => statements.Add(Renew, uploadId, uploadId, at);

    /// <summary>A job that uses it waits or runs.</summary>
    public async Task<bool> IsNeeded(Guid uploadId, CancellationToken ct)
    {
        await using var command = database.CreateCommand(IsOpen);
        command.Parameters.Add(new() { Value = uploadId });
        return (bool)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Uploads that no job has needed since <paramref name="cutoff"/>, oldest first.</summary>
    public Task<List<Guid>> UnusedSince(DateTimeOffset cutoff, int limit, CancellationToken ct) => Ids(Unused, ct, cutoff, limit);

    /// <summary>Those of <paramref name="uploadIds"/> that nothing is recorded of and that no job needs.</summary>
    public Task<List<Guid>> Forgotten(Guid[] uploadIds, CancellationToken ct) => Ids(WithoutOwner, ct, uploadIds);

    /// <summary>Uses that ended before <paramref name="cutoff"/> no longer keep anything.</summary>
    public async Task ForgetUses(DateTimeOffset cutoff, CancellationToken ct)
    {
        await using var command = database.CreateCommand(Forget);
        command.Parameters.Add(new() { Value = cutoff });
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<List<Guid>> Ids(string query, CancellationToken ct, params object[] parameters)
    {
        await using var command = database.CreateCommand(query);
        command.Parameters.AddRange(parameters.Select(p => new NpgsqlParameter { Value = p }).ToArray());
        await using var reader = await command.ExecuteReaderAsync(ct);
        var ids = new List<Guid>();
        while (await reader.ReadAsync(ct))
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}

/// <summary>Writes into the transactions of jobs what they use.</summary>
internal sealed class NoteUploadUses(TimeProvider clock) : INotificationHandler<JobsQueuing>, INotificationHandler<JobsEnding>
{
    private const string Insert = $"insert into {UploadUsesTable.Name} (job_id, upload_id) select * from unnest(?::uuid[], ?::uuid[])";
    private const string Close = $"update {UploadUsesTable.Name} set ended_at = ? where job_id = any(?)";

    public Task Handle(JobsQueuing notification, CancellationToken cancellationToken)
    {
        var uses = notification.Jobs.SelectMany(j => j.Files.Values.Select(f => (j.JobId, f.UploadId))).Distinct().ToArray();
        if (uses.Length > 0)
        {
            notification.Statements.Add(Insert, uses.Select(u => u.JobId).ToArray(), uses.Select(u => u.UploadId).ToArray());
        }

        return Task.CompletedTask;
    }

    public Task Handle(JobsEnding notification, CancellationToken cancellationToken)
    {
        var jobs = notification.Jobs.Where(j => j.HasFiles).Select(j => j.JobId).ToArray();
        if (jobs.Length > 0)
        {
            notification.Statements.Add(Close, clock.GetUtcNow(), jobs);
        }

        return Task.CompletedTask;
    }
}
