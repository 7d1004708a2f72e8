using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Dispatch.Slots;
using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>
/// How many jobs wait and run, which slots are at work, and how fast jobs leave: read every second, so that every gateway knows it of all;
/// the number of waiting jobs is kept up to date in between by what passes through this process.
/// </summary>
internal sealed class QueueDepth(NpgsqlDataSource database, TimeProvider clock) : BackgroundService
{
    // A row is deleted for each job that ends, on whichever gateway, and PostgreSQL counts that anyway.
    private const string Count = $"""
        select count(*) filter (where slot is null),
            coalesce(array_agg(slot) filter (where slot is not null), array[]::text[]), pg_stat_get_tuples_deleted('{QueueTable.Name}'::regclass)
        from {QueueTable.Name}
        """;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly DrainRate _drain = new();
    private long _waiting;
    private volatile IReadOnlyDictionary<string, int> _working = new Dictionary<string, int>();
    private volatile IReadOnlyDictionary<string, int> _held = new Dictionary<string, int>();

    public long Waiting => Math.Max(0, Interlocked.Read(ref _waiting));

    /// <summary>How many jobs run: one in each slot that has any.</summary>
    public long Running => _working.Values.Sum();

    /// <summary>How many jobs have not begun: those that wait, and those that a slot has besides the one that it runs.</summary>
    public long Queued => Waiting + Math.Max(0, _held.Values.Sum() - Running);

    /// <summary>How many slots of each backend have jobs.</summary>
    public IReadOnlyDictionary<string, int> Working => _working;

    /// <summary>How many slots of a backend are at work, on whichever gateway: what this one runs counts at once.</summary>
    public int WorkingOf(Backend backend) => Math.Min(backend.Slots, Math.Max(backend.Busy, _working.GetValueOrDefault(backend.Id)));

    /// <summary>How many jobs the slots of a backend have, on whichever gateway: what this one has counts at once.</summary>
    public int BusyOf(Backend backend) => Math.Max(backend.Busy, _held.GetValueOrDefault(backend.Id));

    /// <summary>How fast jobs leave the queue, or null where this process does not know it yet.</summary>
    public DrainRate.Measured? Drained => _drain.Latest;

    public void Add(int jobs) => Interlocked.Add(ref _waiting, jobs);

    public void Remove(int jobs) => Interlocked.Add(ref _waiting, -jobs);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Refresh(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await Refresh(stoppingToken);
        }
    }

    private async Task Refresh(CancellationToken ct)
    {
        try
        {
            await using var command = database.CreateCommand(Count);
            await using var reader = await command.ExecuteReaderAsync(ct);
            await reader.ReadAsync(ct);
            Interlocked.Exchange(ref _waiting, reader.GetInt64(0));
            Slot[] held = [.. reader.GetFieldValue<string[]>(1).Select(Slot.Parse).OfType<Slot>()];
            _held = held.CountBy(s => s.Backend).ToDictionary();
            _working = held.Distinct().CountBy(s => s.Backend).ToDictionary();
            _drain.Read(reader.GetInt64(2), clock.GetUtcNow());
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            // The last figures stand until the database is back; health tells that it is away.
        }
    }
}
