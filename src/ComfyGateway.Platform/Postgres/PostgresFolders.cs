namespace ComfyGateway.Platform.Postgres;

/// <summary>What the embedded PostgreSQL keeps under the data path.</summary>
internal sealed record PostgresFolders(string Data)
{
    /// <summary>The cluster, what PostgreSQL calls its data directory.</summary>
    public string Cluster => Path.Combine(Data, "postgres");

    /// <summary>Where a cluster is made, so that a start that is killed leaves none half-made.</summary>
    public string Staging => Path.Combine(Data, "postgres.init");

    public string Log => Path.Combine(Data, "postgres.log");

    public string Lock => Path.Combine(Data, "postgres.lock");

    /// <summary>Lies in the cluster, to move with it.</summary>
    public string Password => Path.Combine(Cluster, "gateway.password");

    public static PostgresFolders Under(string dataPath)
    {
        var folders = new PostgresFolders(Path.GetFullPath(dataPath));

        if (!Directory.Exists(folders.Data))
        {
            Directory.CreateDirectory(folders.Data);
            LetOthersPass(folders.Data);
        }

        return folders;
    }

    // Under a umask of 077 the account that a root gateway starts its server as could not reach the cluster.
    private static void LetOthersPass(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        }
    }
}
