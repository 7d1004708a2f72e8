using System.Text.RegularExpressions;
using ComfyGateway.Platform.Postgres;

namespace ComfyGateway.Platform.Settings;

/// <summary>Parses <c>DATABASE_URL</c>; the text stays as it is, <see cref="PostgresConnectionString"/> translates it.</summary>
internal static partial class DatabaseUrl
{
    private const string OrEmbedded = "or empty for the embedded PostgreSQL under DATA_PATH";

    public static object? Parse(SettingText text)
    {
        if (text.Value is "")
        {
            return "";
        }

        if (PostgresConnectionString.TryFrom(text.Value, out _))
        {
            return text.Value;
        }

        return Sqlite().IsMatch(text.Value)
            ? text.Reject("a SQLite database", $"postgres://user:password@host:5432/database, {OrEmbedded}")
            : text.Reject($"a postgres:// URL, or an Npgsql string with a Host (Host=…;Username=…;Database=…), {OrEmbedded}");
    }

    [GeneratedRegex(
        @"^(?:file:|sqlite\d?:|jdbc:sqlite|(?:data source|datasource|filename)\s*=)|:memory:|\.(?:db|db3|sqlite|sqlite3)(?:$|[?;])",
        RegexOptions.IgnoreCase)]
    private static partial Regex Sqlite();
}
