using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace ComfyGateway.Platform.Postgres;

/// <summary>Where the server is reached: a socket folder that only its owner may enter, or a port of 127.0.0.1 with a password.</summary>
internal sealed record ServerAddress(string Host, int Port, string? Password)
{
    public const string Loopback = "127.0.0.1";

    private const int SocketPort = 5432;

    // What fits into sockaddr_un.sun_path with its closing zero.
    private static readonly int LongestSocketPath = OperatingSystem.IsLinux() ? 107 : 103;

    public bool IsSocket => Host != Loopback;

    public string SocketPath => Path.Combine(Host, $".s.PGSQL.{Port}");

    public static ServerAddress Choose(PostgresFolders folders, bool overTcp)
    {
        if (overTcp)
        {
            return new ServerAddress(Loopback, FreePort(), File.ReadAllText(folders.Password));
        }

        var name = $"comfy-gateway-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folders.Data)))[..16]}";
        string[] candidates = [Path.Combine(folders.Data, "run"), Path.Combine(Path.GetTempPath(), name), Path.Combine("/tmp", name)];

        return candidates.Select(folder => new ServerAddress(folder, SocketPort, Password: null)).FirstOrDefault(address => address.IsUsable())
            ?? throw new EmbeddedPostgresException(
                $"No folder for the socket of PostgreSQL is short and plain enough: {string.Join(", ", candidates)}. "
                + "Set TMPDIR or DATA_PATH to a shorter one.");
    }

    public string ConnectionString(EmbeddedPostgresOptions options) => new NpgsqlConnectionStringBuilder(Probe(options.Database, timeoutSeconds: 15))
    {
        Pooling = true,
        MaxPoolSize = options.MaximumPoolSize,
        CommandTimeout = 30,
    }.ConnectionString;

    /// <summary>For a connection that no pool keeps.</summary>
    public string Probe(string database, int timeoutSeconds = 5) => new NpgsqlConnectionStringBuilder
    {
        Host = Host,
        Port = Port,
        Username = "postgres",
        Password = Password,
        Database = database,
        ApplicationName = "comfy-gateway",
        Timeout = timeoutSeconds,
        CommandTimeout = timeoutSeconds,
        Pooling = false,
    }.ConnectionString;

    // Npgsql takes a comma in a host for a list, PostgreSQL takes one in a folder for a list too.
    private bool IsUsable() => Encoding.UTF8.GetByteCount(SocketPath) <= LongestSocketPath && !Host.AsSpan().ContainsAny(',', '"', '\n');

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
