using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Platform.Events;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Slots;

public sealed class SlotLocksTests(PostgresFixture postgres) : IAsyncLifetime
{
    private static readonly Slot Contended = new("gpu0", 1);

    private readonly FakeTimeProvider _clock = new();
    private NpgsqlDataSource _database = null!;
    private SlotLocks _one = null!;
    private SlotLocks _other = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        var connection = await postgres.CreateDatabase();
        _database = NpgsqlDataSource.Create(connection);
        (_one, _other) = (Locks(connection, _clock), Locks(connection, TimeProvider.System));
        await _one.StartAsync(Ct);
        await _other.StartAsync(Ct);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var locks in (SlotLocks[])[_one, _other])
        {
            await locks.StopAsync(CancellationToken.None);
            locks.Dispose();
        }

        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_slot_has_one_runner_until_its_lock_is_given_back()
    {
        await using (var held = (await _one.TryTakeLock(Contended, Ct)).ShouldNotBeNull())
        {
            held.IsCertain.ShouldBeTrue();
            (await _one.TryTakeLock(Contended, Ct)).ShouldBeNull();
            (await _other.TryTakeLock(Contended, Ct)).ShouldBeNull();
            await using var another = (await _other.TryTakeLock(Contended with { Number = 2 }, Ct)).ShouldNotBeNull();
        }

        await using var taken = (await _other.TryTakeLock(Contended, Ct)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_lock_that_is_no_longer_certain_is_given_back_all_the_same()
    {
        var held = (await _one.TryTakeLock(Contended, Ct)).ShouldNotBeNull();
        // Without the timers, as where the process stood still: it has not asked the server since.
        _clock.AdjustTime(_clock.GetUtcNow() + TimeSpan.FromSeconds(9));
        held.IsCertain.ShouldBeFalse();

        await held.DisposeAsync();

        await using var taken = (await _other.TryTakeLock(Contended, Ct)).ShouldNotBeNull();
    }

    private SlotLocks Locks(string connection, TimeProvider clock)
    {
        var settings = TestSettings.Read(new Dictionary<string, string> { ["DATABASE_URL"] = connection });
        var notices = new ClusterNotices(_database, settings, clock, NullLogger<ClusterNotices>.Instance);
        return new SlotLocks(_database, notices, clock, NullLogger<SlotLocks>.Instance);
    }
}
