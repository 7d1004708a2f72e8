using ComfyGateway.Platform.Events;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// Hands waiting jobs to slots. The highest priority goes first, owners take turns within it, and within an owner the first come is the
/// first served; but for two exceptions, each with a bound:
/// a job whose models the backend has loaded may go before others of the same priority, which are passed over for a limited time; and
/// one start in eight goes to a job that higher priorities have kept waiting for five minutes.
/// </summary>
internal sealed class JobClaims(NpgsqlDataSource database, QueueDepth depth, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>How long higher priorities may keep a job waiting before it has a share of the starts.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>One start in so many is for jobs that waited that long.</summary>
    internal const int Share = 8;

    /// <summary>The rank of what goes before its turn since higher priorities have kept it waiting.</summary>
    public const int BeforeAll = int.MinValue;

    // How far behind the head of the queue a job may stand and be preferred for its models.
    private const string Window = "200";

    /// <summary>
    /// Goes with the submission. Another slot may have claimed a job whose first claim was forgotten: the division by zero then undoes all.
    /// </summary>
    public const string Keep = $"""
        with kept as (update {QueueTable.Name} set slot = ? where job_id = ? and (slot is null or slot = ?) returning job_id)
        select 1 / count(*) from kept
        """;

    // The claim itself need not wait for the disk: where PostgreSQL's crash forgets it, the submission makes it again, or fails.
    private const string NoFlush = "select set_config('synchronous_commit', 'off', true)";

    private const string Ready = """
        slot is null and not_before <= now() and not $2 = any(unfit)
        and (avoid is null or avoid <> $2 or $3 or not_before + interval '5 seconds' <= now())
        """;

    // Another slot may have been faster. Not written as "is null", for which an index of all that wait would do instead of the job's key.
    private const string Unclaimed = "coalesce(q.slot, '') = ''";

    private const string ClaimHead = $"""
        with head as materialized (
            select job_id, rank, turn, model, passed_at from {QueueTable.Name} where {Ready}
            order by rank, turn, job_id limit $4 for update skip locked),
        first as (select model, passed_at from head order by rank, turn, job_id limit 1)
        update {QueueTable.Name} q set slot = $1, passed_at = null
        where q.job_id = any(array(
            select head.job_id from head, first
            where $5::text is null or first.model is null or first.model = $5 or first.passed_at <= now() - $6::interval))
        returning q.job_id, q.rank, q.model, q.turn
        """;

    // Another gateway may be marking the same jobs, and each of the two have claimed one that the other marks: what is locked is left out.
    // What goes before its turn has from then on the turn of the first that it passed over. Newcomers are put behind what is being served: with
    // the turn that it had, they would stand behind all that it went before, however many of one owner these are.
    private const string ClaimLoaded = $"""
        with near as materialized (
            select job_id, rank, turn, model, passed_at from {QueueTable.Name} where {Ready}
            order by rank, turn, job_id limit {Window}),
        first as (select job_id, rank, turn from near order by rank, turn, job_id limit 1),
        better as (
            select near.job_id, near.rank, near.turn from near, first where near.rank = first.rank and near.model = $4
            order by near.turn, near.job_id limit 1),
        best as (select * from better union all select * from first where not exists (select from better)),
        passed as (
            update {QueueTable.Name} q set passed_at = now()
            where q.job_id = any(array(
                select p.job_id from {QueueTable.Name} p
                where p.job_id = any(array(
                    select near.job_id from near, best
                    where near.passed_at is null and (near.rank, near.turn, near.job_id) < (best.rank, best.turn, best.job_id)))
                for update skip locked)))
        update {QueueTable.Name} q set slot = $1, passed_at = null, turn = (select turn from first)
        where q.job_id = (select job_id from best) and {Unclaimed}
        returning q.job_id, q.rank, q.model, q.turn
        """;

    private const string ClaimOldest = $"""
        with recursive ranks as (
            (select rank from {QueueTable.Name} where slot is null order by rank limit 1)
            union all
            select (select rank from {QueueTable.Name} q where slot is null and q.rank > r.rank order by rank limit 1) from ranks r where r.rank is not null),
        waiting as (
            select oldest.job_id from ranks cross join lateral (
                select job_id from {QueueTable.Name} q
                where q.rank = ranks.rank and q.rank > (select min(rank) from ranks) and q.job_id < $4 and {Ready}
                order by turn, job_id limit 1) oldest)
        update {QueueTable.Name} q set slot = $1, passed_at = null
        where q.job_id = (select job_id from waiting order by job_id limit 1) and {Unclaimed}
        returning q.job_id, -2147483648, q.model, q.turn
        """;

    private readonly StatementConnection _connection = new(database);
    private readonly SemaphoreSlim _oneAtATime = new(1);

    /// <summary>Whether <see cref="Keep"/> found that the job is not, or no longer, this slot's.</summary>
    public static bool IsLost(Exception exception) => exception switch
    {
        PostgresException postgres => postgres.SqlState == PostgresErrorCodes.DivisionByZero,
        { InnerException: { } inner } => IsLost(inner),
        _ => false,
    };

    /// <summary>The next jobs for a slot, in order.</summary>
    /// <param name="nth">How many claims the slot has made before.</param>
    public async Task<IReadOnlyList<ClaimedJob>> Claim(ClaimRequest request, long nth, CancellationToken ct)
    {
        if (nth % Share == Share - 1 && await Run(ClaimOldest, request, [Oldest()], ct) is { Count: > 0 } oldest)
        {
            return oldest;
        }

        var claimed = await Run(ClaimHead, request, [request.Limit, (object?)request.Loaded ?? DBNull.Value, request.PassOver], ct);
        return claimed.Count == 0 && request.Loaded is { } loaded ? await Run(ClaimLoaded, request, [loaded], ct) : claimed;
    }

    /// <summary>Gives the connection up; the next claim takes another.</summary>
    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    private async Task<IReadOnlyList<ClaimedJob>> Run(string claim, ClaimRequest request, object[] more, CancellationToken ct)
    {
        var command = new NpgsqlBatchCommand(claim);
        foreach (var value in (object[])[request.Slot.ToString(), request.Slot.Backend, request.IsAlone, .. more])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await _oneAtATime.WaitAsync(ct);
        try
        {
            var claimed = await _connection.Query([new(NoFlush), command], row => (Job: ClaimedJob.Read(row, request.Slot), Turn: row.GetInt64(3)), ct);
            depth.Remove(claimed.Count);
            // An update returns its rows in no order.
            return [.. claimed.OrderBy(c => c.Job.Rank).ThenBy(c => c.Turn).Select(c => c.Job)];
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    // Ids begin with the time of creation, so an id of that time divides the older from the younger.
    private Guid Oldest() => Guid.CreateVersion7(clock.GetUtcNow() - Patience);
}
