using System.Net.Sockets;
using JasperFx;
using Marten.Exceptions;
using Npgsql;

namespace ComfyGateway.Platform.Problems;

/// <summary>Tells a database that cannot be reached from a statement that is wrong.</summary>
public static class DatabaseFailure
{
    // Raised by Marten's own function.
    private const string StreamVersionMismatch = "MT003";

    // 08: the connection. 53: no disk, memory or connection left. 58: the server's own input and output.
    private static readonly string[] OutageClasses = ["08", "53", "58"];

    /// <summary>True where the same statement may succeed once the server answers again.</summary>
    public static bool IsOutage(Exception exception) => exception switch
    {
        // 57P0x: shutdown, crash, starting up, a session that was idle for too long. 25P0x: the same within a transaction. 25006: read-only after a failover.
        PostgresException postgres => postgres.SqlState is "57P01" or "57P02" or "57P03" or "57P05" or "25P03" or "25P04" or "25006" || Array.Exists(OutageClasses, c => postgres.SqlState.StartsWith(c, StringComparison.Ordinal)),
        NpgsqlException npgsql => npgsql.InnerException is null or IOException or SocketException or TimeoutException || npgsql.IsTransient,
        // A connection that breaks just as a reader looks for the next result (Npgsql 10.0.3).
        NullReferenceException { Source: "Npgsql" } => true,
        { InnerException: { } inner } => IsOutage(inner),
        _ => false,
    };

    /// <summary>True where the server did not answer in time: it may stand still, and who waits should not wait as long again.</summary>
    public static bool IsTimeout(Exception exception) => exception is TimeoutException || (exception.InnerException is { } inner && IsTimeout(inner));

    /// <summary>True where work that comes round again may leave it at that: the next time may succeed.</summary>
    public static bool IsPassing(Exception exception) => IsOutage(exception) || IsConflict(exception);

    /// <summary>
    /// True where a stream was found changed: by another writer, or by an earlier try of this one that was committed though its answer
    /// was lost with the connection. A deadlock is such a meeting too.
    /// </summary>
    public static bool IsConflict(Exception exception) => exception switch
    {
        ConcurrencyException or ExistingStreamIdCollisionException => true,
        PostgresException postgres => postgres.SqlState is StreamVersionMismatch or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.DeadlockDetected,
        AggregateException several => several.InnerExceptions.Any(IsConflict),
        { InnerException: { } inner } => IsConflict(inner),
        _ => false,
    };
}
