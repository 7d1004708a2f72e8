using System.Text.Json;
using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Jobs;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Queue;

/// <summary>Who goes next, on the real table.</summary>
public sealed class JobClaimsTests(PostgresFixture postgres) : BuiltGatewayTest(postgres)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private long _turn;

    [Fact]
    public async Task One_start_in_eight_goes_to_a_job_that_higher_priorities_kept_waiting()
    {
        var old = await Wait(rank: 0, age: JobClaims.Patience + TimeSpan.FromMinutes(2));
        var older = await Wait(rank: -5, age: JobClaims.Patience + TimeSpan.FromMinutes(3));
        for (var n = 0; n < 20; n++)
        {
            await Wait(rank: -10);
        }

        var claimed = new List<ClaimedJob>();
        for (var n = 0; n < 2 * JobClaims.Share; n++)
        {
            claimed.AddRange(await Claim(n));
        }

        claimed[JobClaims.Share - 1].JobId.ShouldBe(older);
        claimed[(2 * JobClaims.Share) - 1].JobId.ShouldBe(old);
        claimed[JobClaims.Share - 1].Rank.ShouldBe(int.MinValue);
        claimed.Count(c => c.Rank == -10).ShouldBe(14);
    }

    [Fact]
    public async Task A_job_of_lower_priority_that_did_not_wait_long_has_no_share()
    {
        await Wait(rank: 0, age: JobClaims.Patience - TimeSpan.FromMinutes(1));
        var first = await Wait(rank: -10);

        (await Claim(JobClaims.Share - 1)).Single().JobId.ShouldBe(first);
    }

    [Fact]
    public async Task Within_one_priority_age_alone_changes_nothing()
    {
        var first = await Wait(rank: 0);
        await Wait(rank: 0, age: TimeSpan.FromHours(1));

        (await Claim(JobClaims.Share - 1)).Single().JobId.ShouldBe(first);
    }

    [Fact]
    public async Task The_loaded_model_goes_first_until_the_head_was_passed_over_for_the_bound()
    {
        var head = await Wait(model: "b");
        var second = await Wait(model: "a");
        var third = await Wait(model: "a");

        (await Claim(0, loaded: "a")).Single().JobId.ShouldBe(second);
        await Execute("update gateway.queue set passed_at = passed_at - interval '11 seconds' where job_id = $1 and passed_at is not null", head);

        (await Claim(1, loaded: "a")).Single().JobId.ShouldBe(head);
        (await Claim(2, loaded: "b")).Single().JobId.ShouldBe(third);
    }

    [Fact]
    public async Task A_loaded_model_never_beats_a_priority()
    {
        var head = await Wait(rank: -1, model: "b");
        await Wait(rank: 0, model: "a");

        (await Claim(0, loaded: "a")).Single().JobId.ShouldBe(head);
    }

    [Fact]
    public async Task A_job_that_needs_no_model_is_passed_over_for_none()
    {
        var head = await Wait();
        await Wait(model: "a");

        (await Claim(0, loaded: "a")).Single().JobId.ShouldBe(head);
    }

    [Fact]
    public async Task A_backend_that_lacks_something_is_not_given_the_job()
    {
        var unfit = await Wait();
        var next = await Wait();
        await Execute("update gateway.queue set unfit = '{gpu0}' where job_id = $1", unfit);

        (await Claim(0)).Single().JobId.ShouldBe(next);
        (await Claim(1)).ShouldBeEmpty();
        (await Claim(2, slot: new Slot("gpu1", 0))).Single().JobId.ShouldBe(unfit);
    }

    [Fact]
    public async Task A_second_attempt_is_left_to_others_where_there_are_any()
    {
        var failed = await Wait();
        await Execute("update gateway.queue set avoid = 'gpu0', not_before = now() - interval '1 second' where job_id = $1", failed);

        (await Claim(0, isAlone: false)).ShouldBeEmpty();
        (await Claim(1, isAlone: true)).Single().JobId.ShouldBe(failed);
    }

    [Fact]
    public async Task An_owner_who_comes_while_loaded_models_go_first_is_served_after_one_job_of_those_that_were_passed_over()
    {
        // In twos: one that needs what is loaded, and before it one that does not.
        for (var n = 0; n < 20; n++)
        {
            await Accept("many", "b");
            await Accept("many", "a");
        }

        var served = new List<Guid>();
        for (var n = 0; n < 10; n++)
        {
            served.AddRange((await Claim(n, loaded: "a")).Select(c => c.JobId));
            // Two at once are the slot's, as one runs and one waits behind it.
            if (n > 0)
            {
                await Execute("delete from gateway.queue where job_id = $1", served[n - 1]);
            }
        }

        var passedOver = await First();
        var one = await Accept("one", null);

        (await Claim(10)).Single().JobId.ShouldBe(passedOver);
        (await Claim(11)).Single().JobId.ShouldBe(one);
    }

    [Fact]
    public async Task Two_gateways_that_pass_over_the_same_jobs_do_not_wait_for_each_other_in_a_circle()
    {
        await using var other = new JobClaims(
            Part<NpgsqlDataSource>(), Part<QueueDepth>(), TimeProvider.System);
        for (var n = 0; n < 150; n++)
        {
            await Wait(model: n switch { < 60 => "c", _ => n % 2 == 0 ? "a" : "b" });
        }

        for (var n = 0; n < 60; n++)
        {
            var here = Claim(0, loaded: n % 2 == 0 ? "a" : "b");
            var there = other.Claim(new ClaimRequest(new Slot("gpu1", 0), 1, n % 2 == 0 ? "b" : "a", Bound, IsAlone: true), 0, Ct);
            (await Task.WhenAll(here, there)).ShouldAllBe(c => c.Count == 1);
            await Execute("update gateway.queue set passed_at = null, slot = null");
        }
    }

    private async Task<Guid> Accept(string owner, string? model)
    {
        var job = new JobQueued(
            Guid.CreateVersion7(), null, 0, null, owner, new Dictionary<string, JsonElement>(), null, 0, 1000, true, null, "correlation", DateTimeOffset.UnixEpoch)
        {
            Models = model is null ? [] : [model],
        };
        var batch = new StatementBatch();
        await Part<IMediator>().Publish(new JobsQueuing(batch, [job]), Ct);
        await using var connection = new StatementConnection(Part<NpgsqlDataSource>());
        await connection.Commit(batch, Ct);
        return job.JobId;
    }

    private async Task<Guid> First()
    {
        await using var command = Part<NpgsqlDataSource>().CreateCommand(
            "select job_id from gateway.queue where slot is null order by rank, turn, job_id limit 1");
        return (Guid)(await command.ExecuteScalarAsync(Ct))!;
    }

    private Task<IReadOnlyList<ClaimedJob>> Claim(long nth, string? loaded = null, Slot? slot = null, bool isAlone = true) =>
        Part<JobClaims>().Claim(new ClaimRequest(slot ?? new Slot("gpu0", 0), 1, loaded, Bound, isAlone), nth, Ct);

    private async Task<Guid> Wait(int rank = 0, string? model = null, TimeSpan age = default)
    {
        var jobId = Guid.CreateVersion7(TimeProvider.System.GetUtcNow() - age);
        await Execute(
            "insert into gateway.queue (job_id, owner, rank, turn, model) values ($1, 'o', $2, $3, $4)", jobId, rank, _turn++, (object?)model ?? DBNull.Value);
        return jobId;
    }

    private async Task Execute(string sql, params object[] values)
    {
        await using var command = Part<NpgsqlDataSource>().CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(Ct);
    }
}
