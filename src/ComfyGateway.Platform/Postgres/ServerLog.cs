namespace ComfyGateway.Platform.Postgres;

/// <summary>The server's own log file, kept to a bounded size.</summary>
internal sealed class ServerLog(PostgresFolders folders, ServerAccount account)
{
    private const long LongestFile = 16 << 20;
    private const int TailLines = 8;

    private long _startOfRun;

    /// <summary>Makes the file for the server's account, who could not make it in the gateway's folder.</summary>
    public async Task Open(CancellationToken ct)
    {
        if (!File.Exists(folders.Log))
        {
            await File.WriteAllTextAsync(folders.Log, "", ct);

            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(folders.Log, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            await account.Give(folders.Log, ct);
        }

        Trim();
        _startOfRun = new FileInfo(folders.Log).Length;
    }

    /// <summary>Starts the file anew when it is long, and keeps the last long one beside it.</summary>
    public void Trim()
    {
        try
        {
            TrimWhenLong();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A log that cannot be trimmed now is trimmed at a later look; the server matters more.
        }
    }

    /// <summary>The last lines since <see cref="Open"/>.</summary>
    public string Tail()
    {
        using var file = new FileStream(folders.Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(Math.Min(_startOfRun, file.Length), SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        return string.Join('\n', reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(TailLines));
    }

    // The server appends, so its next line lands at the new end.
    private void TrimWhenLong()
    {
        if (!OperatingSystem.IsWindows() && new FileInfo(folders.Log) is { Exists: true, Length: > LongestFile })
        {
            File.Copy(folders.Log, $"{folders.Log}.1", overwrite: true);
            using var file = new FileStream(folders.Log, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(0);
        }
    }
}
