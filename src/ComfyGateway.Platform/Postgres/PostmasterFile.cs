using System.Globalization;

namespace ComfyGateway.Platform.Postgres;

/// <summary>
/// <c>postmaster.pid</c>: process, folder, start time, port, socket folder, listen address, shared memory, state, a line each.
/// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/utils/pidfile.h
/// </summary>
internal sealed record PostmasterFile(string Path, IReadOnlyList<string> Lines)
{
    public int ProcessId { get; } = int.TryParse(Lines.ElementAtOrDefault(0), NumberStyles.Integer, CultureInfo.InvariantCulture, out var id) ? id : 0;

    public int Port { get; } = int.TryParse(Lines.ElementAtOrDefault(3), NumberStyles.Integer, CultureInfo.InvariantCulture, out var port) ? port : 0;

    public string SocketFolder => Lines.ElementAtOrDefault(4) ?? "";

    /// <summary>Tells one run of a server from every other.</summary>
    public string Identity => string.Join('\n', Lines.Take(3));

    public static PostmasterFile? Read(PostgresFolders folders)
    {
        var path = System.IO.Path.Combine(folders.Cluster, "postmaster.pid");

        try
        {
            return Parse(path, File.ReadAllText(path));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public static PostmasterFile Parse(string path, string text) => new(path, text.ReplaceLineEndings("\n").Split('\n'));

    /// <summary>
    /// Puts a process id there that no process can have. PostgreSQL would refuse to start where another program of the same user has
    /// got the id meanwhile; and the file must not be deleted, because its shared memory line is what keeps a new server from starting
    /// beside orphans of the old one.
    /// </summary>
    public void MarkStale() =>
        File.WriteAllText(Path, string.Join('\n', [int.MaxValue.ToString(CultureInfo.InvariantCulture), .. Lines.Skip(1)]));
}
