using System.Collections.Concurrent;
using System.Data;
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
    private const string LetGoOfEach = "select pg_advisory_unlock_all(), set_config('idle_session_timeout', '0', false)";

    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(2);

    // Less than the server waits.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(8);

    // In seconds. A server that does not answer by then gives no lock that is worth having.
    private const int Patience = 5;

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
            if (_locks.ContainsKey(slot) || !(cluster.IsAlone || (IsConnected && await Ask(Take, slot, ct))))
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
                await Drop(exception.Message);
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
        try
        {
            await LetGoOfAll(cancellationToken);
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            // Gone, and the locks with it.
        }

        await (_connection?.DisposeAsync() ?? ValueTask.CompletedTask);
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
            if (released.IsHeld && IsConnected)
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

    private async Task LetGoOfAll(CancellationToken ct)
    {
        if (IsConnected)
        {
            await using var letGo = new NpgsqlCommand(LetGoOfEach, _connection) { CommandTimeout = Patience };
            await letGo.ExecuteNonQueryAsync(ct);
        }
    }

    private bool IsConnected => _connection is { State: ConnectionState.Open };

    private async Task KeepAlive(CancellationToken ct)
    {
        if (IsConnected)
        {
            await Hear("select 1", _connection!, ct);
            return;
        }

        if (_connection is not null)
        {
            // Broken while a lock was asked for.
            await Drop("the connection is broken");
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

    private async Task Drop(string reason)
    {
        LogAway(logger, reason);
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
        try
        {
            await Hear(NoticeDeath, connection, ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>From when this was asked on, the server knows that the process is alive.</summary>
    private async Task Hear(string sql, NpgsqlConnection connection, CancellationToken ct)
    {
        var asked = clock.GetTimestamp();
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = Patience };
        await command.ExecuteNonQueryAsync(ct);
        Volatile.Write(ref _askedAt, asked);
    }

    private async Task<bool> Ask(string question, Slot slot, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(question, _connection) { CommandTimeout = Patience, Parameters = { new() { Value = slot.ToString() } } };
        return await command.ExecuteScalarAsync(ct) is true;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Another gateway has taken slot {Slot} meanwhile; it goes on there")]
    private static partial void LogLost(ILogger logger, Slot slot);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The locks of the slots are away with the database; no new job is claimed until they are back: {Reason}")]
    private static partial void LogAway(ILogger logger, string reason);
}
