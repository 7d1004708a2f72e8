using ComfyGateway.Platform.Postgres;
using Npgsql;

namespace ComfyGateway.Tests.Postgres;

public sealed class PostgresConnectionStringTests
{
    [Fact]
    public void A_url_becomes_an_npgsql_string_with_its_parts_decoded()
    {
        var parts = Parse("postgres://us%40er:p%3Aa%2Fss%25@db.example.com:6432/my%20db?sslmode=verify-full&connect_timeout=7&application_name=x");

        parts.Host.ShouldBe("db.example.com");
        parts.Port.ShouldBe(6432);
        parts.Username.ShouldBe("us@er");
        parts.Password.ShouldBe("p:a/ss%");
        parts.Database.ShouldBe("my db");
        parts.SslMode.ShouldBe(SslMode.VerifyFull);
        parts.Timeout.ShouldBe(7);
        parts.ApplicationName.ShouldBe("x");
    }

    [Theory]
    [InlineData("postgresql://user@/db?host=/run/postgresql", "/run/postgresql", 5432)]
    [InlineData("postgresql://user@%2Frun%2Fpostgresql/db", "/run/postgresql", 5432)]
    [InlineData("postgresql:///db?host=/tmp&port=5433", "/tmp", 5433)]
    [InlineData("postgres://user@[::1]:5433/db", "::1", 5433)]
    [InlineData("POSTGRES://host", "host", 5432)]
    [InlineData("postgres://user:pa%20ss@a:1,b:2/db", "a:1,b:2", 5432)]
    [InlineData("Server=host;Port=5433;User Id=u;Database=db", "host", 5433)]
    public void The_host_is_found_in_every_form(string url, string host, int port)
    {
        var parts = Parse(url);

        parts.Host.ShouldBe(host);
        parts.Port.ShouldBe(port);
    }

    [Fact]
    public void The_gateway_names_itself_unless_told_otherwise() => Parse("postgres://host/db").ApplicationName.ShouldBe("comfy-gateway");

    [Theory]
    [InlineData("postgres://user:secret@host:port/db")]
    [InlineData("mysql://secret@host")]
    [InlineData("Username=secret")]
    public void What_is_neither_form_is_refused_without_repeating_it(string text) =>
        Should.Throw<FormatException>(() => PostgresConnectionString.From(text)).Message.ShouldNotContain("secret");

    private static NpgsqlConnectionStringBuilder Parse(string url) => new(PostgresConnectionString.From(url));
}
