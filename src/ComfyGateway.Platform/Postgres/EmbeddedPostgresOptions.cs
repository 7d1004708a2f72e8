namespace ComfyGateway.Platform.Postgres;

/// <param name="DataPath">The gateway's <c>DATA_PATH</c>; the cluster lives in its folder <c>postgres</c>.</param>
/// <param name="BinariesPath">The text of <c>POSTGRES_BIN</c>, the folder of initdb, pg_ctl and postgres; found when null or empty.</param>
public sealed record EmbeddedPostgresOptions(string DataPath, string? BinariesPath = null)
{
    /// <summary>Listen on a random port of 127.0.0.1 with a password, as where there are no Unix sockets.</summary>
    public bool OverTcp { get; init; } = OperatingSystem.IsWindows();

    public string Database { get; init; } = "comfygateway";

    public int MaximumPoolSize { get; init; } = 40;

    /// <summary>How long a start may take; recovery after a crash replays up to <c>max_wal_size</c>.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromMinutes(5);
}
