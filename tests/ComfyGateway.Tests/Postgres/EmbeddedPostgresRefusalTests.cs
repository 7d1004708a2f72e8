using ComfyGateway.Platform.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.Tests.Postgres;

public sealed class EmbeddedPostgresRefusalTests(ClusterTemplate template) : EmbeddedPostgresTest(template)
{
    [Fact]
    public async Task A_second_gateway_on_the_same_folder_is_refused()
    {
        await using var first = await Start();

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => Start());

        refusal.Message.ShouldBe(
            $"Another gateway is using {DataPath}. Stop it, or give this one another DATA_PATH, or a DATABASE_URL that both share.");
        (await Query(first, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_cluster_of_an_older_version_is_refused_with_the_ways_on()
    {
        await Initialize();
        await File.WriteAllTextAsync(Path.Combine(Cluster, "PG_VERSION"), "9.6\n", Ct);

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => Start());

        refusal.Message.ShouldStartWith($"{Cluster} was made by PostgreSQL 9.6, but ");
        refusal.Message.ShouldContain("set POSTGRES_BIN to the bin folder of PostgreSQL 9.6");
        refusal.Message.ShouldContain("pg_upgrade");
    }

    [Fact]
    public async Task A_cluster_of_a_newer_version_is_refused()
    {
        await Initialize();
        await File.WriteAllTextAsync(Path.Combine(Cluster, "PG_VERSION"), "99\n", Ct);

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => Start());

        refusal.Message.ShouldContain("was made by PostgreSQL 99, newer than the ");
        refusal.Message.ShouldContain("Set POSTGRES_BIN");
    }

    [Fact]
    public async Task A_folder_of_other_files_is_refused_and_left_alone()
    {
        Directory.CreateDirectory(Cluster);
        await File.WriteAllTextAsync(Path.Combine(Cluster, "diary.txt"), "mine", Ct);

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => Start());

        refusal.Message.ShouldStartWith($"{Cluster} holds files but no PostgreSQL cluster.");
        Directory.GetFiles(Cluster).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_refusal_leaves_the_folder_free_for_the_next_gateway()
    {
        Directory.CreateDirectory(Cluster);
        await File.WriteAllTextAsync(Path.Combine(Cluster, "diary.txt"), "mine", Ct);
        await Should.ThrowAsync<EmbeddedPostgresException>(() => Start());

        Directory.Delete(Cluster, recursive: true);

        await (await Start()).DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_cannot_start_says_why()
    {
        await Initialize();
        await File.AppendAllTextAsync(Path.Combine(Cluster, "postgresql.conf"), "colour = blue\n", Ct);

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => Start());

        refusal.Message.ShouldStartWith($"PostgreSQL did not start in {Cluster}: ");
        refusal.Message.ShouldContain("unrecognized configuration parameter \"colour\"");
    }

    [Fact]
    public async Task Programs_that_are_not_there_are_told_with_the_three_ways_out()
    {
        var refusal = await Should.ThrowAsync<PostgresNotFoundException>(
            () => EmbeddedPostgres.Start(new EmbeddedPostgresOptions(DataPath, "/nowhere"), NullLogger.Instance, ct: Ct));

        refusal.Message.ShouldStartWith("POSTGRES_BIN is /nowhere, ");
    }

    [Fact]
    public async Task A_root_gateway_says_which_folder_keeps_its_server_out()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root starts the server as another user");
        var closed = Directory.CreateDirectory(Path.Combine(DataPath, "closed"));
        await Output("chmod", "700", closed.FullName);

        var refusal = await Should.ThrowAsync<EmbeddedPostgresException>(() => Start(Path.Combine(closed.FullName, "inner")));

        refusal.Message.ShouldContain($"who may not enter {closed.FullName} on the way to {closed.FullName}/inner");
        refusal.Message.ShouldContain($"chmod o+x {closed.FullName}");
    }
}
