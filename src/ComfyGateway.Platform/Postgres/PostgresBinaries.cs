namespace ComfyGateway.Platform.Postgres;

/// <summary>The server programs of one PostgreSQL version.</summary>
/// <param name="Folder">Holds initdb, pg_ctl and postgres.</param>
public sealed record PostgresBinaries(string Folder)
{
    private static readonly string Suffix = OperatingSystem.IsWindows() ? ".exe" : "";

    internal string InitDb => Program("initdb");

    internal string PgCtl => Program("pg_ctl");

    internal string Postgres => Program("postgres");

    /// <summary>Finds them on this machine.</summary>
    /// <param name="binariesPath">The text of <c>POSTGRES_BIN</c>, where it does not come from the process environment.</param>
    /// <exception cref="PostgresNotFoundException">There are none.</exception>
    public static PostgresBinaries Find(string? binariesPath = null) => Find(PostgresSearch.OfThisMachine(binariesPath));

    public static PostgresBinaries Find(PostgresSearch search)
    {
        ArgumentNullException.ThrowIfNull(search);

        if (!string.IsNullOrWhiteSpace(search.ExplicitFolder))
        {
            return In(search.ExplicitFolder)
                ?? throw new PostgresNotFoundException($"POSTGRES_BIN is {search.ExplicitFolder}, which does not hold initdb, pg_ctl and postgres.");
        }

        return search.Folders().Select(In).FirstOrDefault(found => found is not null)
            ?? throw new PostgresNotFoundException(
                "No PostgreSQL server programs found: initdb, pg_ctl and postgres are neither on the PATH nor in the usual folders.");
    }

    // A link leads to the folder that the programs belong to: they find each other and their libraries from there.
    private static PostgresBinaries? In(string folder)
    {
        var initDb = new FileInfo(Path.GetFullPath(Path.Combine(folder, "initdb" + Suffix)));

        if (!initDb.Exists)
        {
            return null;
        }

        var target = initDb.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? initDb.FullName;
        var binaries = new PostgresBinaries(Path.GetDirectoryName(target)!);

        return File.Exists(binaries.InitDb) && File.Exists(binaries.PgCtl) && File.Exists(binaries.Postgres) ? binaries : null;
    }

    private string Program(string name) => Path.Combine(Folder, name + Suffix);
}
