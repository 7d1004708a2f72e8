using System.Globalization;

namespace ComfyGateway.Platform.Postgres;

/// <summary>Where to look for the server programs, in this order.</summary>
/// <param name="ExplicitFolder">The text of <c>POSTGRES_BIN</c>: where it is given, nothing else is looked at.</param>
/// <param name="SearchPath">The text of <c>PATH</c>.</param>
/// <param name="UsualFolders">Patterns of bin folders with at most one <c>*</c>, whose newest match wins.</param>
public sealed record PostgresSearch(string? ExplicitFolder, string? SearchPath, IReadOnlyList<string> UsualFolders)
{
    public static PostgresSearch OfThisMachine(string? explicitFolder = null) => new(
        string.IsNullOrWhiteSpace(explicitFolder) ? Environment.GetEnvironmentVariable("POSTGRES_BIN") : explicitFolder,
        Environment.GetEnvironmentVariable("PATH"),
        OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL", "*", "bin")]
            :
            [
                "/usr/lib/postgresql/*/bin",
                "/usr/pgsql-*/bin",
                "/usr/libexec/postgresql*",
                "/opt/homebrew/opt/postgresql@*/bin",
                "/opt/homebrew/opt/postgresql/bin",
                "/usr/local/opt/postgresql@*/bin",
                "/usr/local/opt/postgresql/bin",
                "/Applications/Postgres.app/Contents/Versions/*/bin",
                "/usr/local/pgsql/bin",
            ]);

    internal IEnumerable<string> Folders() =>
    [
        .. (SearchPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        .. UsualFolders.SelectMany(Matches),
    ];

    private static IEnumerable<string> Matches(string pattern)
    {
        var star = pattern.IndexOf('*', StringComparison.Ordinal);

        if (star < 0)
        {
            return [pattern];
        }

        var parent = Path.GetDirectoryName(pattern[..star])!;
        var end = pattern.IndexOfAny(['/', '\\'], star);
        var (name, rest) = end < 0 ? (pattern[(parent.Length + 1)..], "") : (pattern[(parent.Length + 1)..end], pattern[(end + 1)..]);

        return Directory.Exists(parent)
            ? Directory.GetDirectories(parent, name).OrderByDescending(VersionOf).Select(folder => Path.Combine(folder, rest))
            : [];
    }

    private static double VersionOf(string folder)
    {
        var digits = string.Concat(Path.GetFileName(folder).SkipWhile(c => !char.IsAsciiDigit(c)));
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var version) ? version : 0;
    }
}
