using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Platform.Events;
using ComfyGateway.Tests.Settings;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace ComfyGateway.Tests.Dispatch.Slots;

/// <summary>Whether a busy slot must leave new jobs to an idle one.</summary>
public sealed class IdleSlotsTests : IDisposable
{
    private static readonly Slot Busy = new("a", 0);
    private static readonly Slot Other = new("b", 0);

    private readonly FakeTimeProvider _clock = new();
    private readonly NpgsqlDataSource _database = NpgsqlDataSource.Create("Host=127.0.0.1");
    private readonly ClusterNotices _notices;
    private readonly QueueDepth _depth;
    private readonly QueueSignal _signal;
    private readonly IdleSlots _idle;

    public IdleSlotsTests()
    {
        _notices = new ClusterNotices(_database, Read.From().Settings!, _clock, NullLogger<ClusterNotices>.Instance);
        _depth = new QueueDepth(_database, _clock);
        _signal = new QueueSignal(_depth, _notices, _clock);
        _idle = new IdleSlots(_depth, _notices, _clock);
    }

    public void Dispose()
    {
        _notices.Dispose();
        _depth.Dispose();
        _database.Dispose();
    }

    [Fact]
    public void A_new_job_is_left_to_an_idle_slot_until_that_has_looked()
    {
        _idle.Found(Other, _signal.Generation);
        _signal.Raise(0, came: 0);
        _idle.MayTake(Busy, _signal).ShouldBeTrue();

        _idle.Found(Other, _signal.Generation);
        _idle.MayTake(Busy, _signal).ShouldBeFalse();
    }

    [Fact]
    public void A_slot_that_left_jobs_is_not_waited_for_however_many_come()
    {
        _depth.Add(3);
        _idle.Found(Other, _signal.Generation);

        _signal.Raise(0, came: 0);

        _idle.MayTake(Busy, _signal).ShouldBeFalse();
    }

    [Fact]
    public void A_slot_that_gave_back_all_that_it_took_is_not_waited_for()
    {
        _depth.Add(3);
        for (var n = 0; n < 3; n++)
        {
            _depth.Remove(1);
            _signal.Raise(0, came: 1);
        }

        _idle.Found(Other, _signal.Generation);
        _signal.Raise(0, came: 0);

        _idle.MayTake(Busy, _signal).ShouldBeFalse();
    }

    [Fact]
    public void It_is_waited_for_again_once_it_has_found_the_queue_empty()
    {
        _depth.Add(3);
        _idle.Found(Other, _signal.Generation);
        _depth.Remove(3);
        _idle.Found(Other, _signal.Generation);

        _signal.Raise(0, came: 0);

        _idle.MayTake(Busy, _signal).ShouldBeTrue();
    }

    [Fact]
    public void An_idle_slot_is_told_of_when_it_falls_idle_and_once_a_second_after()
    {
        var told = 0;
        _idle.FellIdle += _ => told++;

        _idle.Found(Other, 1);
        _idle.Found(Other, 2);
        told.ShouldBe(1);

        _clock.Advance(TimeSpan.FromSeconds(1));
        _idle.Found(Other, 3);
        told.ShouldBe(2);

        _idle.Busy(Other);
        _idle.Found(Other, 4);
        told.ShouldBe(3);
    }
}
