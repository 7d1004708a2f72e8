using System.Text.Json;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Json;
using ComfyGateway.Platform.Problems;
using Marten;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Jobs;

/// <summary>What is written in bulk must be what Marten would have written, to the column.</summary>
public sealed class JobStreamsTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    private static readonly string[] Tables = ["mt_streams t where id", "mt_events t where stream_id", "mt_doc_jobview t where id"];

    private IDocumentStore Store => Part<IDocumentStore>();

    public static TheoryData<string?, string?> Workflows => new() { { "icon_512", null }, { null, """{"1": {"class_type": "X", "inputs": {}}}""" } };

    [Theory]
    [MemberData(nameof(Workflows))]
    public async Task A_job_lies_in_the_tables_as_marten_would_have_put_it(string? workflowId, string? inline)
    {
        var (bulk, single, other) = (Job(workflowId, inline), Job(workflowId, inline), Job(workflowId, inline));
        await Append(new JobAppend([bulk], KnownJob.Of(bulk)), new JobAppend([other], KnownJob.Of(other)));
        await using (var session = Store.LightweightSession())
        {
            var stream = session.Events.StartStream<Job>(single.JobId, single);
            (stream.Events[0].CorrelationId, stream.Events[0].UserName) = (single.CorrelationId, single.Owner);
            await session.SaveChangesAsync(Ct);
        }

        await ShouldBeTheSame(bulk.JobId, single.JobId);
    }

    public static TheoryData<object[]> Lives => new(
        [Submitted],
        [Submitted, new JobStarted(At), new JobNodeFinished("3", "KSampler", At), new JobOutputStored(Output("a.png"), At), new JobOutputStored(Output("b.png"), At), new JobSucceeded(At)],
        [Submitted, new JobStarted(At), new JobFailed(Error, At)],
        [Submitted, new JobStarted(At), new JobRequeued(Error, At, At), Submitted with { Attempt = 2 }, new JobCancelRequested("owner", At), new JobCanceled(At)],
        [Submitted, new JobRecalled("why", At)]);

    [Theory]
    [MemberData(nameof(Lives))]
    public async Task What_happens_to_a_job_lies_in_the_tables_as_marten_would_have_put_it(object[] events)
    {
        var (bulk, single, other) = (Job("icon_512", null), Job("icon_512", null), Job("icon_512", null));
        KnownJob[] jobs = [KnownJob.Of(bulk), KnownJob.Of(other)];
        await Append([.. jobs.Select(j => new JobAppend([j.Job.Id == bulk.JobId ? bulk : other], j))]);
        // Half of them first, as a run does, and each half for two jobs at once.
        foreach (var part in events.Chunk((events.Length / 2) + 1))
        {
            jobs = [.. jobs.Select(j => part.Aggregate(j, (known, e) => known.After(e)))];
            await Append([.. jobs.Select(j => new JobAppend(part, j))]);
        }

        await using (var session = Store.LightweightSession())
        {
            var stream = session.Events.StartStream<Job>(single.JobId, single);
            (stream.Events[0].CorrelationId, stream.Events[0].UserName) = (single.CorrelationId, single.Owner);
            await session.SaveChangesAsync(Ct);
            var writing = await session.Events.FetchForWriting<Job>(single.JobId, Ct);
            foreach (var e in events.Select(session.Events.BuildEvent))
            {
                (e.CorrelationId, e.UserName) = (single.CorrelationId, "gateway");
                writing.AppendOne(e);
            }

            await session.SaveChangesAsync(Ct);
        }

        await ShouldBeTheSame(bulk.JobId, single.JobId);
        var read = (await Part<JobStreams>().Read([bulk.JobId, Guid.CreateVersion7()], Ct)).ShouldHaveSingleItem();
        JsonSerializer.Serialize(read).ShouldBe(JsonSerializer.Serialize(jobs[0]));
    }

    [Fact]
    public async Task Who_decided_on_less_than_there_is_gets_a_conflict()
    {
        var job = Job("icon_512", null);
        var start = KnownJob.Of(job);
        await Append(new JobAppend([job], start));
        await Append(new JobAppend([Submitted], start.After(Submitted)));

        var exception = await Should.ThrowAsync<Exception>(() => Append(new JobAppend([new JobCanceled(At)], start.After(new JobCanceled(At)))));

        DatabaseFailure.IsConflict(exception).ShouldBeTrue();
        (await Part<JobStreams>().Read([job.JobId], Ct)).ShouldHaveSingleItem().View.Status.ShouldBe(JobStatus.Queued);
    }

    [Theory]
    [MemberData(nameof(Workflows))]
    public void A_job_that_waits_is_known_by_the_text_of_its_event(string? workflowId, string? inline)
    {
        var (job, other) = (Job(workflowId, inline), Job(workflowId, inline));
        var texts = Part<JobStreams>().Begin(new StatementBatch(), [new JobAppend([other], KnownJob.Of(other)), new JobAppend([job], KnownJob.Of(job))]);
        var known = Part<KnownJobs>();

        known.Keep(job.JobId, texts[1]);

        JsonSerializer.Serialize(known.Find(job.JobId)).ShouldBe(JsonSerializer.Serialize(KnownJob.Of(job)));
        known.Find(other.JobId).ShouldBeNull();
    }

    [Fact]
    public async Task A_job_that_there_is_already_is_a_conflict()
    {
        var job = Job("icon_512", null);
        await Append(new JobAppend([job], KnownJob.Of(job)));

        var exception = await Should.ThrowAsync<Exception>(() => Append(new JobAppend([job], KnownJob.Of(job))));

        DatabaseFailure.IsConflict(exception).ShouldBeTrue();
    }

    [Fact]
    public async Task Marten_reads_and_continues_it()
    {
        var job = Job("icon_512", null);
        await Append(new JobAppend([job], KnownJob.Of(job)));

        await using var session = Store.LightweightSession();
        session.Events.Append(job.JobId, new JobCanceled(job.At));
        await session.SaveChangesAsync(Ct);

        (await session.Events.FetchStreamAsync(job.JobId, token: Ct)).Select(e => (e.Version, e.Data.GetType())).ShouldBe([(1L, typeof(JobQueued)), (2L, typeof(JobCanceled))]);
        (await session.LoadAsync<JobView>(job.JobId, Ct)).ShouldNotBeNull().Status.ShouldBe(JobStatus.Canceled);
        (await session.Events.AggregateStreamAsync<Job>(job.JobId, token: Ct)).ShouldNotBeNull().Owner.ShouldBe(job.Owner);
    }

    private static JobQueued Job(string? workflowId, string? inline) => new(
        Guid.CreateVersion7(), workflowId, 1, inline is null ? null : JsonText.From(JsonElement.Parse(inline)), "owner",
        new Dictionary<string, JsonElement> { ["prompt"] = JsonElement.Parse("\"a 'quoted' \\\"text\\\" ☃\"") }, ulong.MaxValue, 3, 1000, true,
        JsonElement.Parse("""{"requestId": "r"}"""), "correlation", new DateTimeOffset(2026, 11, 22, 1, 2, 3, 456, TimeSpan.Zero))
    {
        Models = ["a.safetensors"],
    };

    private static DateTimeOffset At => new(2026, 11, 22, 1, 2, 3, 456, TimeSpan.Zero);

    private static JobSubmitted Submitted => new(1, "gpu0", "prompt", At);

    private static JobError Error => new("COMFYUI_NODE_ERROR", "It is \"broken\"", true, null, "3", "KSampler", 1);

    private static JobOutput Output(string name) => new(name, "", $"x/{name}", 3, "00", "image/png", "image", 1, 2, "9", At);

    private async Task Append(params JobAppend[] appends)
    {
        var batch = new StatementBatch();
        var streams = Part<JobStreams>();
        if (appends.All(a => a.After.Version == a.Events.Count))
        {
            streams.Begin(batch, appends);
        }
        else
        {
            streams.Append(batch, appends);
        }

        await using var connection = new StatementConnection(Part<NpgsqlDataSource>());
        await connection.Commit(batch, Ct);
    }

    private async Task ShouldBeTheSame(Guid bulk, Guid single)
    {
        foreach (var table in Tables)
        {
            (await Rows(table, bulk)).ShouldBe(await Rows(table, single), table);
        }
    }

    /// <summary>All columns but those of time and order, with the job's id taken out.</summary>
    private async Task<string> Rows(string table, Guid jobId)
    {
        await using var command = Part<NpgsqlDataSource>().CreateCommand($"""
            with taken as (select to_jsonb(t) - 'seq_id' - 'timestamp' - 'created' - 'mt_last_modified' - case when '{table}' like 'mt_events%' then 'id' else '' end as data from gateway.{table} = $1)
            select string_agg(data::text, E'\n' order by data ->> 'version') from taken
            """);
        command.Parameters.Add(new() { Value = jobId });
        return ((string)(await command.ExecuteScalarAsync(Ct))!).Replace(jobId.ToString(), "ID", StringComparison.Ordinal);
    }
}
