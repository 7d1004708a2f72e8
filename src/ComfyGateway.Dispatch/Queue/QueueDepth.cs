using ComfyGateway.Platform.Problems;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>How many jobs wait and run: counted every second, and kept up to date in between by what passes through this process.</summary>
internal sealed class QueueDepth(NpgsqlDataSource database, TimeProvider clock) : BackgroundService
{
    private const string Count = $"select count(*) filter (where slot is null), count(*) filter (where slot is not null) from {QueueTable.Name}";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private long _waiting;
    private long _running;

    public long Waiting => Math.Max(0, Interlocked.Read(ref _waiting));

    public long Running => Interlocked.Read(ref _running);

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
            Interlocked.Exchange(ref _running, reader.GetInt64(1));
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            // The last figures stand until the database is back; health tells that it is away.
        }
    }
}
