using ComfyGateway.Platform.Events;
using Marten;
using Marten.Schema;

namespace ComfyGateway.Jobs;

/// <summary>Which jobs a list is about; null for whichever.</summary>
/// <param name="Statuses">Empty for all.</param>
/// <param name="From">The id that those asked for have or come after.</param>
/// <param name="Below">The id that they come before.</param>
internal sealed record JobFilter(string? Owner, string? WorkflowId, IReadOnlyCollection<JobStatus> Statuses, Guid? From, Guid? Below);

/// <summary>
/// Pages of jobs, newest first, and how many there are. A filter is taken apart into one range of one index for each status, and PostgreSQL merges
/// their newest ends: a page costs what it shows, however long the history is and whatever the filter leaves out of it (docs/adr/0027).
/// </summary>
internal sealed class JobPages(IDocumentStore store)
{
    private const string Table = EventStoreRegistration.Schema + ".mt_doc_jobview";

    // Equality first, then the id: whatever the filter, its jobs stand together and in order in one of these, or in the primary key.
    private static readonly string[][] Indexes = [["status", "id"], ["owner", "status", "id"], ["workflow_id", "status", "id"], ["owner", "workflow_id", "status", "id"]];

    /// <summary>Columns for these members, and these indexes. <c>Duplicate</c> would add one for each column, for every change of a job to write.</summary>
    public static void Index(DocumentMapping mapping)
    {
        mapping.DuplicateField(nameof(JobView.Owner));
        mapping.DuplicateField(nameof(JobView.Status));
        mapping.DuplicateField(nameof(JobView.WorkflowId));
        foreach (var columns in Indexes)
        {
            mapping.Indexes.Add(new DocumentIndex(mapping, columns));
        }
    }

    public async Task<IReadOnlyList<JobView>> Find(JobFilter filter, int skip, int take, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var (sql, values) = Page(filter, skip, take);
        return await session.QueryAsync<JobView>(sql, ct, values);
    }

    public async Task<long> Count(JobFilter filter, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        var (ranges, values) = Ranges(filter, "");
        return (await session.AdvancedSql.QueryAsync<long>($"select count(*) from ({ranges}) matching", ct, values)).Single();
    }

    internal static (string Sql, object[] Values) Page(JobFilter filter, int skip, int take)
    {
        var (ranges, values) = Ranges(filter, $"order by id desc limit {skip + (long)take}");
        var sql = $"""
            select job.data from (select id from ({ranges}) newest order by id desc limit {take} offset {skip}) page
            join {Table} job on job.id = page.id order by page.id desc
            """;
        return (sql, values);
    }

    private static (string Sql, object[] Values) Ranges(JobFilter filter, string end)
    {
        var conditions = new List<string>();
        var values = new List<object>();
        Add("owner = ?", filter.Owner);
        Add("workflow_id = ?", filter.WorkflowId);
        Add("id >= ?", filter.From);
        Add("id < ?", filter.Below);
        var statuses = filter switch
        {
            { Statuses.Count: > 0 } => filter.Statuses.Distinct().ToArray(),
            // The primary key alone has all jobs in their order.
            { Owner: null, WorkflowId: null } => [],
            _ => Enum.GetValues<JobStatus>(),
        };
        return statuses.Length == 0
            ? (Range(conditions), [.. values])
            : (string.Join(" union all ", statuses.Select(s => Range([$"status = '{s}'", .. conditions]))), [.. statuses.SelectMany(_ => values)]);

        void Add(string condition, object? value)
        {
            if (value is not null)
            {
                conditions.Add(condition);
                values.Add(value);
            }
        }

        string Range(IReadOnlyCollection<string> all) => $"(select id from {Table}{(all.Count == 0 ? "" : $" where {string.Join(" and ", all)}")} {end})";
    }
}
