using System.Collections.Concurrent;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Dispatch.Slots;

/// <summary>
/// Makes sure that a slot has one runner in the whole cluster: Quartz starts the runners, but two schedulers that start at the same
/// moment, or one that stood still for a while, can run the same job. A lock of PostgreSQL ends with the connection that holds it, so
/// it is free at once when a gateway dies; and the server ends the connection of one that stands still.
/// </summary>
internal sealed partial class SlotLocks(NpgsqlDataSource database, ClusterNotices cluster, TimeProvider clock, ILogger<SlotLocks> logger) : BackgroundService
{
    private const string Take = "select pg_try_advisory_lock(hashtextextended($1, 0))";
    private const string LetGo = "select pg_advisory_unlock(hashtextextended($1, 0))";

    // The server forgets a machine that vanished within seconds; by default it would take hours. A process that stands still (a paused container,
    // a machine that swaps) keeps its connections, and so its locks: servers from version 14 on end a session of which nothing is heard.
    private const string NoticeDeath = """
        set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 3; set tcp_keepalives_count = 3;
        select set_config(name, '12s', false) from pg_settings where name = 'idle_session_timeout'
        """;

    // The connection goes back to a pool that resets nothing.
    private const string LetGoOfAll = "select pg_advisory_unlock_all(), set_config('idle_session_timeout', '0', false)";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    // Less than the server waits.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(8);

    private readonly ConcurrentDictionary<Slot, SlotLock> _locks = new();
    private readonly SemaphoreSlim _using = new(1);
    private NpgsqlConnection? _connection;

    // When the server was last asked something that it answered.
    private long _askedAt;

    /// <summary>The server was heard of so lately that it cannot have ended the session and given the locks to others.</summary>
    public bool IsCertain => cluster.IsAlone || clock.GetElapsedTime(Volatile.Read(ref _askedAt)) < Lease;

    /// <summary>A lock on the slot, to be disposed; or null where somebody has it, here or on another gateway.</summary>
    public async Task<SlotLock?> TryTakeLock(Slot slot, CancellationToken ct)
    {
        await _using.WaitAsync(ct);
        try
        {
            // PostgreSQL would give this connection the same lock again.
            if (_locks.ContainsKey(slot) || !(cluster.IsAlone || (_connection is not null && await Ask(Take, slot, ct))))
            {
                return null;
            }

            return _locks[slot] = new SlotLock(this, slot) { IsHeld = true };
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            return null;
        }
        finally
        {
            _using.Release();
        }
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!cluster.IsAlone)
        {
            _connection = await Connect(cancellationToken);
        }

        await base.StartAsync(cancellationToken);
    }

    /// <summary>Locks go with the connection; while it is away nobody claims, and when it is back each lock is taken again or lost.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (cluster.IsAlone)
        {
            return;
        }

        using var timer = new PeriodicTimer(Beat, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await _using.WaitAsync(stoppingToken);
            try
            {
                await KeepAlive(stoppingToken);
            }
            catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
            {
                await Drop(exception);
            }
            finally
            {
                _using.Release();
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (_connection is null)
        {
            return;
        }

        try
        {
            await using var letGo = new NpgsqlCommand(LetGoOfAll, _connection);
            await letGo.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            // Gone, and the locks with it.
        }

        await _connection.DisposeAsync();
    }

    public override void Dispose()
    {
        _using.Dispose();
        base.Dispose();
    }

    internal async Task Release(SlotLock released)
    {
        if (!_locks.TryRemove(KeyValuePair.Create(released.Slot, released)))
        {
            return;
        }

        await _using.WaitAsync();
        try
        {
            if (released.IsHeld && _connection is not null)
            {
                await Ask(LetGo, released.Slot, CancellationToken.None);
            }
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception) || exception is ObjectDisposedException)
        {
            // The connection is gone, and the lock with it.
        }
        finally
        {
            _using.Release();
        }
    }

    private async Task KeepAlive(CancellationToken ct)
    {
        if (_connection is not null)
        {
            var asked = clock.GetTimestamp();
            await using var beat = new NpgsqlCommand("select 1", _connection);
            await beat.ExecuteNonQueryAsync(ct);
            Volatile.Write(ref _askedAt, asked);
            return;
        }

        _connection = await Connect(ct);
        foreach (var (slot, kept) in _locks)
        {
            kept.IsHeld = await Ask(Take, slot, ct);
            if (!kept.IsHeld)
            {
                LogLost(logger, slot);
                kept.Lose();
            }
        }
    }

    private async Task Drop(Exception reason)
    {
        LogAway(logger, reason.Message);
        foreach (var kept in _locks.Values)
        {
            kept.IsHeld = false;
        }

        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
        _connection = null;
    }

    private async Task<NpgsqlConnection> Connect(CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        var asked = clock.GetTimestamp();
        await using var settings = new NpgsqlCommand(NoticeDeath, connection);
        await settings.ExecuteNonQueryAsync(ct);
        Volatile.Write(ref _askedAt, asked);
        return connection;
    }

    private async Task<bool> Ask(string question, Slot slot, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(question, _connection) { Parameters = { new() { Value = slot.ToString() } } };
        return await command.ExecuteScalarAsync(ct) is true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another gateway has taken slot {Slot} meanwhile; it goes on there")]
    private static partial void LogLost(ILogger logger, Slot slot);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The locks of the slots are away with the database; no new job is claimed until they are back: {Reason}")]
    private static partial void LogAway(ILogger logger, string reason);
}
