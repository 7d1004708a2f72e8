using Microsoft.Extensions.Logging;

namespace ComfyGateway.Platform.Postgres;

internal static partial class PostgresLogMessages
{
    [LoggerMessage(LogLevel.Information, "PostgreSQL is ready in {Folder} (process {ProcessId}, {Milliseconds} ms)")]
    public static partial void Ready(this ILogger logger, string folder, int processId, long milliseconds);

    [LoggerMessage(LogLevel.Warning, "Took over PostgreSQL (process {ProcessId}), which an earlier gateway left running in {Folder}")]
    public static partial void TookOver(this ILogger logger, int processId, string folder);

    [LoggerMessage(LogLevel.Error, "PostgreSQL (process {ProcessId}) has ended while the gateway runs; starting it again. See {Log}")]
    public static partial void Died(this ILogger logger, int processId, string log);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL runs again (process {ProcessId})")]
    public static partial void RunsAgain(this ILogger logger, int processId);

    [LoggerMessage(LogLevel.Error, "PostgreSQL could not be started again; next try in {Wait}")]
    public static partial void StaysDown(this ILogger logger, Exception exception, TimeSpan wait);

    [LoggerMessage(LogLevel.Warning, "PostgreSQL (process {ProcessId}) did not stop in time; stopping it at once")]
    public static partial void StopsAtOnce(this ILogger logger, int processId);

    [LoggerMessage(LogLevel.Information, "PostgreSQL has stopped")]
    public static partial void Stopped(this ILogger logger);
}
