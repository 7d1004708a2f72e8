using System.Collections.Concurrent;
using System.Globalization;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// Moving means of how long things took on each backend, the same in every gateway on the database and after each restart. What is
/// measured here counts here at once, and is written together with others, every two seconds at most; others then read it.
/// </summary>
internal sealed class Measures : BackgroundService
{
    private const string Kind = "measured";

    private const string Forget = $"delete from {MeasureTable.Name} where at < now() - interval '90 days'";

    private const string Select = $"select what, backend, seconds from {MeasureTable.Name}";

    // Several measures at once move the mean as far as one after the other would.
    private static readonly string Merge = string.Create(CultureInfo.InvariantCulture, $"""
        insert into {MeasureTable.Name} as known (what, backend, seconds, times, at)
        select what, backend, seconds, times, now()
        from unnest($1::text[], $2::text[], $3::float8[], $4::bigint[]) as measured (what, backend, seconds, times)
        on conflict (what, backend) do update set
            seconds = known.seconds + (excluded.seconds - known.seconds) * (1 - power({1 - MovingMean.Weight}::float8, excluded.times)),
            times = known.times + excluded.times,
            at = excluded.at
        """);

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    // Notices tell of what others measured; this is for those that are lost.
    private static readonly TimeSpan LookAnyway = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, ConcurrentDictionary<string, MovingMean>> _means = new();
    private readonly ConcurrentQueue<Measured> _unwritten = new();
    private readonly NpgsqlDataSource _database;
    private readonly ClusterNotices _notices;
    private readonly TimeProvider _clock;
    private DateTimeOffset _readAt;
    private volatile bool _isStale;

    public Measures(NpgsqlDataSource database, ClusterNotices notices, TimeProvider clock)
    {
        (_database, _notices, _clock) = (database, notices, clock);
        notices.On(Kind, _ => _isStale = true);
    }

    /// <summary>The mean on one backend, or null where nothing was measured.</summary>
    public double? Find(string what, string backend) => _means.GetValueOrDefault(what)?.GetValueOrDefault(backend)?.Value;

    /// <summary>The means on all backends where something was measured.</summary>
    public IEnumerable<KeyValuePair<string, double>> FindAll(string what) =>
        (_means.GetValueOrDefault(what) ?? []).Where(m => m.Value.Value is not null).Select(m => KeyValuePair.Create(m.Key, m.Value.Value!.Value));

    /// <summary>The greatest mean on a backend of what begins so, or null.</summary>
    public double? Greatest(string beginning, string backend) =>
        _means.Where(m => m.Key.StartsWith(beginning, StringComparison.Ordinal)).Max(m => m.Value.GetValueOrDefault(backend)?.Value);

    public void Add(string what, string backend, double seconds)
    {
        MeanOf(what, backend).Add(seconds);
        _unwritten.Enqueue(new Measured(what, backend, seconds));
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await IfPossible(async () =>
        {
            await using var forget = _database.CreateCommand(Forget);
            await forget.ExecuteNonQueryAsync(cancellationToken);
            await Read(cancellationToken);
        });
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await IfPossible(() => Write(cancellationToken));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, _clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await IfPossible(() => Write(stoppingToken));
            if (_isStale || _clock.GetUtcNow() - _readAt > LookAnyway)
            {
                await IfPossible(() => Read(stoppingToken));
            }
        }
    }

    private async Task Write(CancellationToken ct)
    {
        var measured = new List<Measured>();
        while (_unwritten.TryDequeue(out var one))
        {
            measured.Add(one);
        }

        if (measured.Count == 0)
        {
            return;
        }

        // Always in one order, so that two gateways that write at the same time wait for each other and not in a circle.
        var together = measured.GroupBy(m => (m.What, m.Backend)).OrderBy(g => g.Key.What, StringComparer.Ordinal).ThenBy(g => g.Key.Backend, StringComparer.Ordinal).ToArray();
        await using var command = _database.CreateCommand(Merge);
        command.Parameters.Add(new() { Value = together.Select(g => g.Key.What).ToArray() });
        command.Parameters.Add(new() { Value = together.Select(g => g.Key.Backend).ToArray() });
        command.Parameters.Add(new() { Value = together.Select(g => g.Average(m => m.Seconds)).ToArray() });
        command.Parameters.Add(new() { Value = together.Select(g => (long)g.Count()).ToArray() });
        try
        {
            await command.ExecuteNonQueryAsync(ct);
        }
        catch
        {
            // For the next time, or for the stop that interrupted it.
            measured.ForEach(_unwritten.Enqueue);
            throw;
        }

        _notices.Send(Kind, $"{together.Length}");
    }

    private async Task Read(CancellationToken ct)
    {
        _isStale = false;
        _readAt = _clock.GetUtcNow();
        await using var command = _database.CreateCommand(Select);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            MeanOf(reader.GetString(0), reader.GetString(1)).Become(reader.GetDouble(2));
        }
    }

    private MovingMean MeanOf(string what, string backend) => _means.GetOrAdd(what, _ => new()).GetOrAdd(backend, _ => new());

    private static async Task IfPossible(Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (DatabaseFailure.IsPassing(exception))
        {
            // Estimates stand as they are until the next time; where the database is away, health tells.
        }
    }

    private sealed record Measured(string What, string Backend, double Seconds);
}
