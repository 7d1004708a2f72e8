using Npgsql;

namespace ComfyGateway.Platform.Postgres;

/// <summary>Finds the server that a killed gateway left running on the cluster.</summary>
internal sealed class RunningServer(PostgresFolders folders, EmbeddedPostgresOptions options, TimeProvider clock)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    // Enough for a server that is just opening or closing its socket.
    private static readonly TimeSpan PatienceWithAStranger = TimeSpan.FromSeconds(2);

    /// <summary>The server that holds the cluster, once it answers; null when there is none, whatever <c>postmaster.pid</c> says.</summary>
    public async Task<(int ProcessId, ServerAddress Address)?> Find(CancellationToken ct)
    {
        var since = clock.GetTimestamp();

        while (PostmasterFile.Read(folders) is { ProcessId: > 0 } file && ProcessTable.IsPostgres(file.ProcessId))
        {
            if (AddressOf(file) is { } address && await IsServerOf(file, address, ct))
            {
                return (file.ProcessId, address);
            }

            var isOurs = ProcessTable.HasArgument(file.ProcessId, folders.Cluster);

            if (clock.GetElapsedTime(since) > (isOurs ? options.StartTimeout : PatienceWithAStranger))
            {
                return isOurs ? throw Silent(file.ProcessId) : null;
            }

            await Task.Delay(BetweenLooks, clock, ct);
        }

        return null;
    }

    private ServerAddress? AddressOf(PostmasterFile file) =>
        file.Port == 0 ? null
        : file.SocketFolder.Length > 0 ? new ServerAddress(file.SocketFolder, file.Port, Password: null)
        : File.Exists(folders.Password) ? new ServerAddress(ServerAddress.Loopback, file.Port, File.ReadAllText(folders.Password))
        : null;

    private static async Task<bool> IsServerOf(PostmasterFile file, ServerAddress address, CancellationToken ct)
    {
        try
        {
            await using var connection = new NpgsqlConnection(address.Probe("postgres", timeoutSeconds: 2));
            await connection.OpenAsync(ct);
            await using var command = new NpgsqlCommand("SELECT pg_read_file('postmaster.pid')", connection);
            var text = (string?)await command.ExecuteScalarAsync(ct);
            return PostmasterFile.Parse(file.Path, text ?? "").Identity == file.Identity;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException)
        {
            return false;
        }
    }

    private EmbeddedPostgresException Silent(int processId) => new(
        $"The PostgreSQL server {processId} holds {folders.Cluster} but answers no connection. "
        + $"See {folders.Log}, or stop it (kill -INT {processId}).");
}
