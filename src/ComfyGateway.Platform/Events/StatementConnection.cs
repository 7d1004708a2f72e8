using Npgsql;

namespace ComfyGateway.Platform.Events;

/// <summary>
/// The connection of one writer, which it keeps: the pool would hand out another each time, whose process in PostgreSQL has to find everything
/// again in memory. One batch at a time.
/// </summary>
public sealed class StatementConnection(NpgsqlDataSource database) : IAsyncDisposable
{
    private NpgsqlConnection? _connection;

    /// <summary>Returns when all of <paramref name="batch"/> is durable.</summary>
    /// <exception cref="NpgsqlException">Nothing took effect; or, where the connection was lost, all or nothing did.</exception>
    public async Task Commit(StatementBatch batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.IsEmpty)
        {
            return;
        }

        try
        {
            _connection ??= await database.OpenConnectionAsync(ct);
            await batch.Commit(_connection, ct);
        }
        catch
        {
            await DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives the connection back; the next batch takes another.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }
}
