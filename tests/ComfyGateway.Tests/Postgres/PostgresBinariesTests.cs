using ComfyGateway.Platform.Postgres;

namespace ComfyGateway.Tests.Postgres;

public sealed class PostgresBinariesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void This_machine_has_them() => Directory.Exists(PostgresBinaries.Find().Folder).ShouldBeTrue();

    [Fact]
    public void The_explicit_folder_wins()
    {
        var wanted = Install("wanted");
        var onPath = Install("path");

        Find(explicitFolder: wanted, searchPath: onPath).ShouldBe(wanted);
    }

    [Fact]
    public void The_search_path_comes_before_the_usual_folders()
    {
        var onPath = Install("path");
        Install("usual/17/bin");

        Find(searchPath: $"/nowhere{Path.PathSeparator}{onPath}", usual: "usual/*/bin").ShouldBe(onPath);
    }

    [Fact]
    public void The_newest_of_the_usual_folders_wins()
    {
        Install("usual/9.6/bin");
        Install("usual/10/bin");
        var newest = Install("usual/17/bin");
        Directory.CreateDirectory(_folder.File("usual/18/bin"));

        Find(usual: "usual/*/bin").ShouldBe(newest);
    }

    [Fact]
    public void A_version_may_stand_at_the_end_of_a_name()
    {
        Install("opt/postgresql@9/bin");
        var newest = Install("opt/postgresql@16/bin");

        Find(usual: "opt/postgresql@*/bin").ShouldBe(newest);
    }

    [Fact]
    public void A_link_leads_to_the_real_folder()
    {
        var real = Install("real");
        Directory.CreateDirectory(_folder.File("links"));
        File.CreateSymbolicLink(_folder.File("links/initdb"), Path.Combine(real, "initdb"));

        Find(searchPath: _folder.File("links")).ShouldBe(real);
    }

    [Fact]
    public void A_folder_without_the_server_does_not_count()
    {
        var clientOnly = Install("client");
        File.Delete(Path.Combine(clientOnly, "postgres"));

        var refusal = Should.Throw<PostgresNotFoundException>(() => Find(searchPath: clientOnly));

        refusal.Message.ShouldContain("1. install PostgreSQL: ");
        refusal.Message.ShouldContain("2. use a server that you have: DATABASE_URL=postgres://");
        refusal.Message.ShouldContain("3. run everything in containers: docker compose up");
    }

    [Fact]
    public void An_explicit_folder_without_them_is_refused_rather_than_replaced() =>
        Should.Throw<PostgresNotFoundException>(() => Find(explicitFolder: "/nowhere", searchPath: Install("path")))
            .Message.ShouldStartWith("POSTGRES_BIN is /nowhere, which does not hold initdb, pg_ctl and postgres.");

    private string Find(string? explicitFolder = null, string? searchPath = null, string usual = "none") =>
        PostgresBinaries.Find(new PostgresSearch(explicitFolder, searchPath, [_folder.File(usual)])).Folder;

    private string Install(string folder)
    {
        var path = Directory.CreateDirectory(_folder.File(folder)).FullName;

        foreach (var program in new[] { "initdb", "pg_ctl", "postgres" })
        {
            File.WriteAllText(Path.Combine(path, program), "");
        }

        return path;
    }
}
