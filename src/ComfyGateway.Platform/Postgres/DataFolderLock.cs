namespace ComfyGateway.Platform.Postgres;

/// <summary>Keeps a second gateway off the data folder; the operating system lets go of it however the gateway ends.</summary>
internal sealed class DataFolderLock : IDisposable
{
    // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION of Windows.
    private static readonly int[] HeldByAnother = [11, 35, 32];

    private readonly FileStream _file;

    private DataFolderLock(FileStream file) => _file = file;

    public static DataFolderLock Take(PostgresFolders folders)
    {
        try
        {
            return new DataFolderLock(new FileStream(folders.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (HeldByAnother.Contains(e.HResult & 0xFFFF))
        {
            throw new EmbeddedPostgresException(
                $"Another gateway is using {folders.Data}. Stop it, or give this one another DATA_PATH, or a DATABASE_URL that both share.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new EmbeddedPostgresException(
                $"User {Environment.UserName} may not write to {folders.Data}. Change its owner, or set DATA_PATH to another folder.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
