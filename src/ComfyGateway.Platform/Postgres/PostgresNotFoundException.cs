namespace ComfyGateway.Platform.Postgres;

/// <summary>There are no PostgreSQL server programs; the message says the three ways out.</summary>
public sealed class PostgresNotFoundException(string lookedFor) : Exception(
    $"""
    {lookedFor} Three ways out:
      1. install PostgreSQL: {InstallCommand()}
      2. use a server that you have: DATABASE_URL=postgres://user:password@host:5432/database
      3. run everything in containers: docker compose up
    """)
{
    private static readonly (string Program, string Command)[] LinuxPackagers =
    [
        ("/usr/bin/apt-get", "sudo apt-get install postgresql"),
        ("/usr/bin/dnf", "sudo dnf install postgresql-server"),
        ("/sbin/apk", "sudo apk add postgresql"),
        ("/usr/bin/pacman", "sudo pacman -S postgresql"),
        ("/usr/bin/zypper", "sudo zypper install postgresql-server"),
    ];

    private static string InstallCommand() =>
        OperatingSystem.IsMacOS() ? "brew install postgresql@17"
        : OperatingSystem.IsWindows() ? "winget install PostgreSQL.PostgreSQL.17"
        : LinuxPackagers.Where(packager => File.Exists(packager.Program)).Select(packager => packager.Command).FirstOrDefault()
            ?? "the package postgresql or postgresql-server of your distribution";
}
