namespace ComfyGateway.Platform.Postgres;

/// <summary>Folders that only their owner may enter.</summary>
internal static class PrivateFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Create(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
            return;
        }

        Directory.CreateDirectory(path, OwnerOnly);

        // In a shared temporary folder the name may be taken by someone else's link or folder: only an owner can change the mode.
        if (new DirectoryInfo(path).LinkTarget is not null)
        {
            throw new EmbeddedPostgresException($"{path} is a link where the gateway needs a folder of its own. Remove it.");
        }

        try
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException($"{path} belongs to another user than {Environment.UserName}. Remove it, or change its owner.", e);
        }
    }
}
