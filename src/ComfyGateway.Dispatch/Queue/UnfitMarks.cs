using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// Jobs carry the backends that lacked something for them. When a backend has something else than before, or backends come or go, the marks
/// are taken off and the jobs are looked at again; not each time that it is asked, or all that wait would be claimed and given back once more.
/// </summary>
internal sealed class UnfitMarks : BackgroundService
{
    private const string Remove = $"update {QueueTable.Name} set unfit = array_remove(unfit, $1) where $1 = any(unfit)";
    private const string RemoveAll = $"update {QueueTable.Name} set unfit = '{{}}' where unfit <> '{{}}'";
    private const string Everywhere = "";

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, bool> _due = new();
    private readonly WakeUp _wake = new();
    private readonly NpgsqlDataSource _database;
    private readonly QueueSignal _signal;
    private readonly TimeProvider _clock;

    public UnfitMarks(NpgsqlDataSource database, QueueSignal signal, BackendPool pool, TimeProvider clock)
    {
        (_database, _signal, _clock) = (database, signal, clock);
        pool.InventoryChanged += backend => Due(backend.Id);
        pool.Changed += () => Due(Everywhere);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = _wake.Next;
            foreach (var backend in _due.Keys)
            {
                _due.TryRemove(backend, out _);
                await TakeOff(backend, stoppingToken);
            }

            await Task.WhenAny(next, Task.Delay(Timeout.Infinite, stoppingToken));
        }
    }

    private void Due(string backend)
    {
        _due[backend] = true;
        _wake.Raise();
    }

    private async Task TakeOff(string backend, CancellationToken ct)
    {
        try
        {
            await using var command = _database.CreateCommand(backend == Everywhere ? RemoveAll : Remove);
            if (backend != Everywhere)
            {
                command.Parameters.Add(new() { Value = backend });
            }

            if (await command.ExecuteNonQueryAsync(ct) > 0)
            {
                _signal.Raise(int.MaxValue, came: 0);
            }
        }
        catch (Exception exception) when (DatabaseFailure.IsPassing(exception))
        {
            _due[backend] = true;
            await Task.Delay(Pause, _clock, ct);
            _wake.Raise();
        }
    }
}
