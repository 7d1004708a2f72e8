using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Platform.Postgres;

/// <summary>
/// A private PostgreSQL under the gateway's data path, which lives and ends with the gateway:
/// 1. lock the data folder against a second gateway; 2. find the programs and the account to run them as; 3. make the cluster, or check
/// that these programs can run it; 4. take over the server that a killed gateway left, or start one; 5. make the database; 6. watch the
/// server, and start it again when it ends.
/// </summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    private readonly DataFolderLock _lock;
    private readonly PostgresServer _server;
    private readonly ServerWatch _watch;
    private readonly ServerEnvironment _environment;
    private bool _stopped;

    private EmbeddedPostgres(
        DataFolderLock folderLock, PostgresServer server, ServerWatch watch, ServerEnvironment environment, string connectionString)
    {
        (_lock, _server, _watch, _environment, ConnectionString) = (folderLock, server, watch, environment, connectionString);
        _watch.Begin();
    }

    /// <summary>For Npgsql; holds through restarts of the server.</summary>
    public string ConnectionString { get; }

    /// <summary>The server's process, another one after a restart.</summary>
    public int ProcessId => _server.ProcessId;

    /// <exception cref="PostgresNotFoundException">There are no server programs.</exception>
    /// <exception cref="EmbeddedPostgresException">The data folder cannot be used; the message says what to do.</exception>
    public static async Task<EmbeddedPostgres> Start(
        EmbeddedPostgresOptions options, ILogger logger, TimeProvider? clock = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);

        var environment = new ServerEnvironment(logger, clock ?? TimeProvider.System);
        var folders = PostgresFolders.Under(options.DataPath);
        var folderLock = DataFolderLock.Take(folders);

        try
        {
            return await Start(options, folders, folderLock, environment, ct);
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>Ends every connection, writes a checkpoint and stops the server; the data folder is free afterwards.</summary>
    public async Task Stop(CancellationToken ct = default)
    {
        if (_stopped)
        {
            return;
        }

        _stopped = true;

        try
        {
            await _watch.DisposeAsync();
            await _server.Stop(ct);
            _environment.Logger.Stopped();
        }
        finally
        {
            _lock.Dispose();
        }
    }

    public async ValueTask DisposeAsync() => await Stop();

    private static async Task<EmbeddedPostgres> Start(
        EmbeddedPostgresOptions options, PostgresFolders folders, DataFolderLock folderLock, ServerEnvironment environment, CancellationToken ct)
    {
        var since = environment.Clock.GetTimestamp();
        var binaries = PostgresBinaries.Find(options.BinariesPath);
        var account = await ServerAccount.Choose(folders, binaries, ct);
        await new Cluster(folders, binaries, account).Prepare(ct);
        var server = new PostgresServer(folders, binaries, account, options, environment);

        try
        {
            await server.Start(ct);
            await EnsureDatabase(server.Address!, options.Database, ct);
        }
        catch
        {
            await server.Stop(CancellationToken.None);
            throw;
        }

        environment.Logger.Ready(folders.Cluster, server.ProcessId, (long)environment.Clock.GetElapsedTime(since).TotalMilliseconds);
        var watch = new ServerWatch(server, folders, environment);
        return new EmbeddedPostgres(folderLock, server, watch, environment, server.Address!.ConnectionString(options));
    }

    private static async Task EnsureDatabase(ServerAddress address, string database, CancellationToken ct)
    {
        try
        {
            await using var existing = new NpgsqlConnection(address.Probe(database));
            await existing.OpenAsync(ct);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InvalidCatalogName)
        {
            await using var connection = new NpgsqlConnection(address.Probe("postgres", timeoutSeconds: 60));
            await connection.OpenAsync(ct);
            await MakeLogFiles(connection, ct);
            await Execute(connection, $"CREATE DATABASE \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"", ct);
        }
    }

    /// <summary>
    /// A file of the write-ahead log is filled with zeros by whoever comes to its end, and every commit waits for that, 60 to 90 ms. So those that the
    /// server keeps are made before anybody waits; from then on they are used again and again.
    /// </summary>
    private static async Task MakeLogFiles(NpgsqlConnection connection, CancellationToken ct)
    {
        for (var file = 0; file < ServerOptions.KeptLogFiles; file++)
        {
            await Execute(connection, "SELECT pg_create_restore_point('new')", ct);
            await Execute(connection, "SELECT pg_switch_wal()", ct);
        }

        await Execute(connection, "CHECKPOINT", ct);
    }

    private static async Task Execute(NpgsqlConnection connection, string statement, CancellationToken ct)
    {
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync(ct);
    }
}
