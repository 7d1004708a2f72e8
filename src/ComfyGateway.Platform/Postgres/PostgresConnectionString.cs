using System.Diagnostics.CodeAnalysis;
using Npgsql;

namespace ComfyGateway.Platform.Postgres;

/// <summary>Translates <c>DATABASE_URL</c> into the connection string that Npgsql wants.</summary>
public static class PostgresConnectionString
{
    private static readonly string[] Schemes = ["postgres://", "postgresql://"];

    // Names of libpq, https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS, that Npgsql calls otherwise.
    private static readonly Dictionary<string, string> LibpqNames = new(StringComparer.OrdinalIgnoreCase)
    {
        ["user"] = "Username",
        ["dbname"] = "Database",
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["sslmode"] = "SSL Mode",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslpassword"] = "SSL Password",
        ["sslrootcert"] = "Root Certificate",
        ["client_encoding"] = "Client Encoding",
        ["channel_binding"] = "Channel Binding",
        ["target_session_attrs"] = "Target Session Attributes",
        ["gssencmode"] = "Gss Encryption Mode",
        ["sslnegotiation"] = "SSL Negotiation",
    };

    /// <exception cref="FormatException">The text is neither; the message does not repeat it.</exception>
    public static string From(string databaseUrl) =>
        TryFrom(databaseUrl, out var connectionString)
            ? connectionString
            : throw new FormatException("DATABASE_URL is neither a postgres:// URL nor an Npgsql connection string with a Host.");

    public static bool TryFrom(string databaseUrl, [NotNullWhen(true)] out string? connectionString)
    {
        try
        {
            var builder = Array.Find(Schemes, scheme => databaseUrl.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)) is { } scheme
                ? FromUrl(databaseUrl[scheme.Length..])
                : new NpgsqlConnectionStringBuilder(databaseUrl);

            builder.ApplicationName ??= "comfy-gateway";
            connectionString = string.IsNullOrWhiteSpace(builder.Host) ? null : builder.ConnectionString;
        }
        // Npgsql throws the last one for an unknown keyword with an empty value.
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException or OverflowException or KeyNotFoundException)
        {
            connectionString = null;
        }

        return connectionString is not null;
    }

    // Not System.Uri: it refuses what libpq accepts, an empty host with a user and a list of hosts.
    private static NpgsqlConnectionStringBuilder FromUrl(string rest)
    {
        var builder = new NpgsqlConnectionStringBuilder();
        var (beforeQuery, query) = Split(rest, rest.IndexOf('?', StringComparison.Ordinal));
        var (authority, database) = Split(beforeQuery, beforeQuery.IndexOf('/', StringComparison.Ordinal));
        var at = authority.LastIndexOf('@');
        var (user, password) = at < 0 ? ("", "") : Split(authority[..at], authority[..at].IndexOf(':', StringComparison.Ordinal));

        Set(builder, "Username", user);
        Set(builder, "Password", password);
        Set(builder, "Database", database);
        SetHost(builder, authority[(at + 1)..]);

        foreach (var pair in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = Split(pair, pair.IndexOf('=', StringComparison.Ordinal));
            Set(builder, LibpqNames.GetValueOrDefault(name, name), value);
        }

        return builder;
    }

    private static void SetHost(NpgsqlConnectionStringBuilder builder, string hostAndPort)
    {
        // A list of hosts keeps its ports: Npgsql reads host:port,host:port as it is.
        if (hostAndPort.Contains(',', StringComparison.Ordinal))
        {
            Set(builder, "Host", hostAndPort);
            return;
        }

        var bracket = hostAndPort.LastIndexOf(']');
        var (host, port) = Split(hostAndPort, hostAndPort.IndexOf(':', bracket + 1));
        Set(builder, "Host", host.Trim('[', ']'));
        Set(builder, "Port", port);
    }

    private static void Set(NpgsqlConnectionStringBuilder builder, string keyword, string value)
    {
        if (value.Length > 0)
        {
            builder[keyword] = keyword is "SSL Mode" or "Target Session Attributes" or "Channel Binding" or "Gss Encryption Mode"
                ? value.Replace("-", "", StringComparison.Ordinal)
                : Decode(value);
        }
    }

    private static string Decode(string value) =>
        value.Contains('%', StringComparison.Ordinal) && !IsDecodable(value)
            ? throw new FormatException("A percent sign in a URL is written %25.")
            : Uri.UnescapeDataString(value);

    private static bool IsDecodable(string value)
    {
        for (var at = value.IndexOf('%', StringComparison.Ordinal); at >= 0; at = value.IndexOf('%', at + 1))
        {
            if (at + 2 >= value.Length || !char.IsAsciiHexDigit(value[at + 1]) || !char.IsAsciiHexDigit(value[at + 2]))
            {
                return false;
            }
        }

        return true;
    }

    private static (string Before, string After) Split(string text, int at) => at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
}
