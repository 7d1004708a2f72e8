using System.Globalization;

namespace ComfyGateway.Platform.Postgres;

/// <summary>The server's settings, given on its command line so that they hold for a cluster of any age.</summary>
internal static class ServerOptions
{
    /// <summary>How many files of the write-ahead log, of 16 MB each, are kept to be used again: some 50,000 jobs.</summary>
    internal const int KeptLogFiles = 8;

    private static readonly (string Name, string Value)[] Tuning =
    [
        ("cluster_name", "comfy-gateway"),
        ("max_connections", "100"),
        ("shared_buffers", "128MB"),
        ("fsync", "on"),
        ("synchronous_commit", "on"),
        ("full_page_writes", "on"),
        ("wal_compression", "on"),
        ("min_wal_size", $"{KeptLogFiles * 16}MB"),
        ("max_wal_size", "512MB"),
        ("jit", "off"),

        // Small queries only, and a container's /dev/shm is too small for parallel ones.
        ("max_parallel_workers_per_gather", "0"),

        // Built in, where UTC needs the system's time zone files.
        ("timezone", "GMT"),
        ("log_timezone", "GMT"),

        // Statements and values may hold prompts, which belong in no log.
        ("log_statement", "none"),
        ("log_min_error_statement", "panic"),
        ("log_error_verbosity", "terse"),
        ("log_checkpoints", "off"),
        ("logging_collector", "off"),
        ("log_destination", "stderr"),
    ];

    /// <summary>As <c>pg_ctl -o</c> wants them: quoted for the shell that it calls.</summary>
    public static string CommandLine(PostgresFolders folders, ServerAddress address)
    {
        (string, string)[] settings = [.. Listening(address), .. Tuning];
        return string.Join(' ', [$"-D {Quoted(folders.Cluster)}", .. settings.Select(setting => $"-c {Quoted($"{setting.Item1}={setting.Item2}")}")]);
    }

    private static IEnumerable<(string Name, string Value)> Listening(ServerAddress address) =>
    [
        ("port", address.Port.ToString(CultureInfo.InvariantCulture)),
        ("listen_addresses", address.IsSocket ? "" : address.Host),
        ("unix_socket_directories", address.IsSocket ? $"\"{address.Host}\"" : ""),
        ("unix_socket_permissions", "0700"),
    ];

    private static string Quoted(string text) =>
        OperatingSystem.IsWindows()
            ? $"\"{text.Replace("\"", "\\\"", StringComparison.Ordinal)}\""
            : $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
