using System.Data;
using Npgsql;

namespace ComfyGateway.Platform.Events;

/// <summary>
/// A connection that is kept: the pool would hand out another each time, whose process in PostgreSQL has to find everything again in memory.
/// One use at a time.
/// </summary>
public sealed class StatementConnection(NpgsqlDataSource database) : IAsyncDisposable
{
    // What is sent is the same each time but for the values, and goes by the indexes: so it is planned once, whatever the values and however empty
    // the tables were then. Left to itself PostgreSQL plans anew for each list that is shorter than it would expect, which was a third of its
    // work for a job accepted alone; and a plan that it made for an empty table and kept would read all of a full one.
    private const string PlanOnce = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_bitmapscan = off";

    /// <summary>How long a server that stands still is waited for, in seconds; to find that it does not hear of a cancel either takes as long again.</summary>
    internal const int Patience = 15;

    private NpgsqlConnection? _connection;

    /// <summary>Returns when all of <paramref name="batch"/> is durable.</summary>
    /// <exception cref="NpgsqlException">Nothing took effect.</exception>
    /// <exception cref="LostConnectionException">All or nothing took effect.</exception>
    public async Task Commit(StatementBatch batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        if (batch.IsEmpty)
        {
            return;
        }

        await Use(connection => batch.Commit(connection, ct), ct);
    }

    /// <summary>The rows of the last of <paramref name="commands"/>; all together are one transaction.</summary>
    /// <exception cref="NpgsqlException">As for <see cref="Commit"/>.</exception>
    /// <exception cref="LostConnectionException">As for <see cref="Commit"/>.</exception>
    public Task<IReadOnlyList<T>> Query<T>(IReadOnlyList<NpgsqlBatchCommand> commands, Func<NpgsqlDataReader, T> read, CancellationToken ct) =>
        Use<IReadOnlyList<T>>(async connection =>
        {
            await using var batch = connection.CreateBatch();
            batch.Timeout = Patience;
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            await using var reader = await batch.ExecuteReaderAsync(ct);
            for (var n = 1; n < commands.Count; n++)
            {
                await reader.NextResultAsync(ct);
            }

            var rows = new List<T>();
            while (await reader.ReadAsync(ct))
            {
                rows.Add(read(reader));
            }

            return rows;
        }, ct);

    /// <summary>Gives the connection up; the next use takes another.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { } connection)
        {
            _connection = null;
            await connection.DisposeAsync();
        }
    }

    private async Task<T> Use<T>(Func<NpgsqlConnection, Task<T>> action, CancellationToken ct)
    {
        var connection = _connection ??= await Open(ct);
        try
        {
            return await action(connection);
        }
        catch (Exception exception) when (connection.State != ConnectionState.Open)
        {
            await DisposeAsync();
            throw new LostConnectionException(exception);
        }
    }

    private async Task<NpgsqlConnection> Open(CancellationToken ct)
    {
        var connection = await database.OpenConnectionAsync(ct);
        try
        {
            await using var plan = new NpgsqlCommand(PlanOnce, connection);
            await plan.ExecuteNonQueryAsync(ct);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }
}
