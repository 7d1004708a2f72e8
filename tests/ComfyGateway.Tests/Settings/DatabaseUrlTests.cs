namespace ComfyGateway.Tests.Settings;

public sealed class DatabaseUrlTests
{
    [Theory]
    [InlineData("")]
    [InlineData("postgres://user:pass@host:5432/db?sslmode=require")]
    [InlineData("postgresql://host/name.db")]
    [InlineData("postgresql://user@/db?host=/run/postgresql")]
    [InlineData("Host=host;Username=u;Password=p;Database=my.sqlite")]
    public void PostgreSQL_in_both_forms_is_accepted(string text) => Read.Good(("DATABASE_URL", text)).DatabaseUrl.ShouldBe(text);

    [Theory]
    [InlineData("file:./data.db")]
    [InlineData("file:/var/lib/gateway?mode=rwc")]
    [InlineData("sqlite:///data.db")]
    [InlineData("sqlite3:data")]
    [InlineData("./prisma/dev.db")]
    [InlineData("/data/gateway.SQLITE")]
    [InlineData("gateway.sqlite3")]
    [InlineData("Data Source=gateway.db;Cache=Shared")]
    [InlineData(":memory:")]
    public void SQLite_is_refused_with_the_two_ways_that_work(string text) =>
        Read.OnlyProblem(("DATABASE_URL", text)).ShouldBe(
            "DATABASE_URL: found a SQLite database, accepted: postgres://user:password@host:5432/database, "
            + "or empty for the embedded PostgreSQL under DATA_PATH");

    [Theory]
    [InlineData("mysql://user:hunter2@host/db")]
    [InlineData("postgres://user:hunter2@host:port/db")]
    [InlineData("postgres://user:hunter2@host/db?sslmode=sometimes")]
    [InlineData("postgres://user:hunter2@host/db?colour=hunter2")]
    [InlineData("postgres://user:hunter2%zz@host/db")]
    [InlineData("postgres://")]
    [InlineData("Username=u;Password=hunter2")]
    [InlineData("colour=")]
    [InlineData("hunter2")]
    public void What_is_neither_is_refused_without_showing_it(string text)
    {
        var problem = Read.OnlyProblem(("DATABASE_URL", text));

        problem.ShouldStartWith("DATABASE_URL: found \"***\", accepted: a postgres:// URL");
        problem.ShouldNotContain("hunter2");
    }
}
