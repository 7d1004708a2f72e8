namespace ComfyGateway.Platform.Postgres;

/// <summary>Who the server runs as: the gateway's own user, except that PostgreSQL refuses to run as root.</summary>
/// <param name="UserName">Null for the gateway's own user.</param>
internal sealed record ServerAccount(string? UserName)
{
    private static readonly ServerAccount Own = new((string?)null);

    public static async Task<ServerAccount> Choose(PostgresFolders folders, PostgresBinaries binaries, CancellationToken ct)
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return Own;
        }

        // A cluster stays with the user who made it: that user may run the gateway again tomorrow.
        foreach (var name in new[] { await OwnerOf(folders.Cluster, ct), "postgres", "nobody" })
        {
            if (name is not (null or "root") && await Succeeds(Own, "id", ["-u", name], ct))
            {
                var account = new ServerAccount(name);
                await account.CheckAccess(folders.Data, ct);
                await account.CheckAccess(binaries.Folder, ct);
                return account;
            }
        }

        throw new EmbeddedPostgresException(
            "PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as. "
            + "Run the gateway as an ordinary user, or set DATABASE_URL.");
    }

    /// <summary>Gives the account a file, or a folder with all that is in it.</summary>
    public async Task Give(string path, CancellationToken ct)
    {
        if (UserName is not null && !await Succeeds(Own, "chown", ["-R", UserName, path], ct))
        {
            throw new EmbeddedPostgresException(
                $"The gateway runs as root and could not give {path} to user {UserName}, who PostgreSQL runs as.");
        }
    }

    private static async Task<string?> OwnerOf(string path, CancellationToken ct)
    {
        string[] arguments = OperatingSystem.IsMacOS() ? ["-f", "%Su", path] : ["-c", "%U", path];
        var (exitCode, output) = await ServerCommand.Run(Own, "/", "stat", arguments, ct);
        return exitCode == 0 ? output : null;
    }

    private async Task CheckAccess(string folder, CancellationToken ct)
    {
        if (await MayEnter(folder, ct))
        {
            return;
        }

        var closed = folder;

        for (var parent = Path.GetDirectoryName(folder); parent is not null && !await MayEnter(parent, ct); parent = Path.GetDirectoryName(parent))
        {
            closed = parent;
        }

        throw new DataFolderClosedException(
            $"The gateway runs as root, so PostgreSQL runs as user {UserName}, who may not enter {closed} on the way to {folder}. "
            + $"Either allow it (chmod o+x {closed}), or set DATA_PATH to another folder, or run the gateway as an ordinary user, or set DATABASE_URL.");
    }

    private Task<bool> MayEnter(string folder, CancellationToken ct) => Succeeds(this, "sh", ["-c", "cd -- \"$1\"", "sh", folder], ct);

    private static async Task<bool> Succeeds(ServerAccount account, string program, string[] arguments, CancellationToken ct) =>
        (await ServerCommand.Run(account, "/", program, arguments, ct)).ExitCode == 0;
}
