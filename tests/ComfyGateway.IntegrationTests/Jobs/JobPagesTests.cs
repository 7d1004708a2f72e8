using System.Text.Json;
using System.Text.RegularExpressions;
using ComfyGateway.Jobs;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>What a page of a list costs in a database with a long history: PostgreSQL counts the blocks that it reads.</summary>
public sealed class JobPagesTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const int History = 50_000;
    private const int Page = 51;

    // A block for each of the jobs shown and their places in the primary key, and the way down each of five ranges, with room to spare.
    private const int Blocks = (Page * 4) + 60;

    private NpgsqlDataSource _database = null!;
    private string _connection = "";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Every combination of the filters that api.md names, of rare and of frequent values.</summary>
    private static IEnumerable<JobFilter> Filters(Guid oldest, Guid middle) =>
        from owner in new[] { null, "frequent", "rare" }
        from workflow in new[] { null, "frequent", "rare" }
        from statuses in (JobStatus[][])[[], [JobStatus.Succeeded], [JobStatus.Canceled], [JobStatus.Queued, JobStatus.Running], [JobStatus.Failed, JobStatus.Canceled]]
        from after in new Guid?[] { null, oldest }
        from cursor in new Guid?[] { null, middle }
        select new JobFilter(owner, workflow, statuses, after, cursor);

    public async ValueTask InitializeAsync()
    {
        _connection = await postgres.CreateDatabase();
        _database = NpgsqlDataSource.Create(_connection);
    }

    public async ValueTask DisposeAsync() => await _database.DisposeAsync();

    [Fact]
    public async Task A_page_costs_what_it_shows_and_not_what_the_history_holds()
    {
        // The rare are the oldest, so that whoever looks for them from the newest end on sees all.
        await Execute($"""
            insert into gateway.mt_doc_jobview (id, data, mt_version, mt_dotnet_type, owner, status, workflow_id)
            select ('0198c0de-' || lpad(to_hex(n / 65536), 4, '0') || '-7' || lpad(to_hex(n % 4096), 3, '0') || '-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                jsonb_build_object('text', repeat('x', 600)), 1, 'JobView',
                case when n < 40 then 'rare' else 'frequent' end,
                case when n % 1000 = 999 then 'Canceled' when n % 7 = 3 then 'Failed' when n in (5, 6) then 'Running' else 'Succeeded' end,
                case when n % 2 = 0 and n < 100 then 'rare' else 'frequent' end
            from generate_series(1, {History}) n
            """);
        await Execute("vacuum analyze gateway.mt_doc_jobview");
        var middle = await Scalar<Guid>($"select id from gateway.mt_doc_jobview order by id offset {History / 2} limit 1");
        var oldest = await Scalar<Guid>("select id from gateway.mt_doc_jobview order by id limit 1");
        foreach (var filter in Filters(oldest, middle))
        {
            var plan = await Explain(JobPages.Page(filter, 0, Page));

            BlocksOf(plan).ShouldBeLessThan(Blocks, $"{filter}\n{plan}");
            plan.GetRawText().ShouldNotContain("Seq Scan", customMessage: $"{filter}");
        }
    }

    [Fact]
    public async Task A_database_of_an_earlier_version_is_given_the_indexes()
    {
        const string indexes = "select string_agg(indexdef, ' ' order by indexname) from pg_indexes where schemaname = 'gateway' and tablename = 'mt_doc_jobview'";
        var wanted = await Scalar<string>(indexes);
        // These and no other: each is one more that every change of a job writes.
        Regex.Matches(wanted, @"\(([^)]*)\)").Select(m => m.Groups[1].Value)
            .ShouldBe(["id", "status, id", "owner, status, id", "workflow_id, status, id", "owner, workflow_id, status, id"], ignoreOrder: true);
        await Execute("""
            do $$ declare name text; begin
                for name in select indexname from pg_indexes where schemaname = 'gateway' and tablename = 'mt_doc_jobview' and indexname like '%idx%' loop
                    execute format('drop index gateway.%I', name);
                end loop;
            end $$;
            create index mt_doc_jobview_idx_owner on gateway.mt_doc_jobview (owner);
            create index mt_doc_jobview_idx_status on gateway.mt_doc_jobview (status);
            create index mt_doc_jobview_idx_workflow_id on gateway.mt_doc_jobview (workflow_id);
            """);

        await MigratedDatabase.Make(_connection);

        (await Scalar<string>(indexes)).ShouldBe(wanted);
    }

    private async Task<JsonElement> Explain((string Sql, object[] Values) query)
    {
        var parts = query.Sql.Split('?');
        var numbered = string.Concat(parts.Select((part, n) => n < parts.Length - 1 ? $"{part}${n + 1}" : part));
        await using var command = _database.CreateCommand($"explain (analyze, buffers, format json) {numbered}");
        foreach (var value in query.Values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return JsonElement.Parse((string)(await command.ExecuteScalarAsync(Ct))!)[0].GetProperty("Plan");
    }

    private static int BlocksOf(JsonElement plan) => plan.GetProperty("Shared Hit Blocks").GetInt32() + plan.GetProperty("Shared Read Blocks").GetInt32();

    private async Task<T> Scalar<T>(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Ct))!;
    }

    private async Task Execute(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
