using System.Diagnostics;
using ComfyGateway.Platform.Problems;
using Marten;
using Microsoft.Extensions.Logging;
using Npgsql;
using Quartz;

namespace ComfyGateway.Platform.Events;

/// <summary>Makes and migrates every table at start: Marten's, the modules' own, and Quartz's.</summary>
public sealed partial class DatabaseSchema(
    NpgsqlDataSource database, IDocumentStore store, ISchedulerFactory schedulers, TimeProvider clock, ILogger<DatabaseSchema> logger)
{
    // Any number will do, as long as every gateway on this database uses the same.
    private const long MigrationLock = 0x436F6D6679;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    /// <summary>Waits up to 60 s for the server to answer; gateways that start together migrate one after the other.</summary>
    public async Task Apply(CancellationToken ct)
    {
        await using var connection = await Connect(ct);
        var started = clock.GetTimestamp();
        await using var lockIt = new NpgsqlCommand($"select pg_advisory_lock({MigrationLock})", connection) { CommandTimeout = 0 };
        await lockIt.ExecuteNonQueryAsync(ct);

        await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
        // Building the scheduler is what provisions its tables; it is started later, with the host.
        await schedulers.GetScheduler(ct);

        await using var unlock = new NpgsqlCommand($"select pg_advisory_unlock({MigrationLock})", connection);
        await unlock.ExecuteNonQueryAsync(ct);
        LogReady(logger, clock.GetElapsedTime(started).TotalMilliseconds);
    }

    private async Task<NpgsqlConnection> Connect(CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        for (var pause = TimeSpan.FromMilliseconds(100); ; pause = Min(pause * 2, LongestPause))
        {
            try
            {
                return await database.OpenConnectionAsync(ct);
            }
            catch (NpgsqlException exception) when (DatabaseFailure.IsOutage(exception) && clock.GetElapsedTime(started) < Patience)
            {
                LogWaiting(logger, exception.Message);
                await Task.Delay(pause, clock, ct);
            }
        }
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    [LoggerMessage(Level = LogLevel.Information, Message = "Database schema is up to date ({Milliseconds:0} ms)")]
    private static partial void LogReady(ILogger logger, double milliseconds);

    [LoggerMessage(Level = LogLevel.Warning, Message = "PostgreSQL does not answer yet: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
