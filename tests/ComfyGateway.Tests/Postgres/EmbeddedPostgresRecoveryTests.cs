using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace ComfyGateway.Tests.Postgres;

public sealed class EmbeddedPostgresRecoveryTests(ClusterTemplate template) : EmbeddedPostgresTest(template)
{
    [Fact]
    public async Task A_server_that_a_killed_gateway_left_running_is_taken_over_and_stopped_in_the_end()
    {
        await Initialize();
        var left = await AbandonedGateway.StartAndKill(DataPath);
        IsRunning(left).ShouldBeTrue();

        await using (var postgres = await Start())
        {
            postgres.ProcessId.ShouldBe(left);
            (await Query(postgres, "SELECT 1")).ShouldBe(1);
        }

        IsRunning(left).ShouldBeFalse();
    }

    [Fact]
    public async Task A_stale_postmaster_file_is_seen_through()
    {
        await Initialize();
        var left = await AbandonedGateway.StartAndKill(DataPath);
        await Kill(left);
        File.Exists(Path.Combine(Cluster, "postmaster.pid")).ShouldBeTrue();

        await using var postgres = await Start();

        postgres.ProcessId.ShouldNotBe(left);
        (await Query(postgres, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_stale_postmaster_file_is_seen_through_when_another_program_has_its_process_id()
    {
        await Initialize();
        using var stranger = await StartStranger();
        await File.WriteAllTextAsync(Path.Combine(Cluster, "postmaster.pid"), PostmasterFileOf(stranger.Id), Ct);

        await using var postgres = await Start();
        stranger.Kill();

        postgres.ProcessId.ShouldNotBe(stranger.Id);
        (await Query(postgres, "SELECT 1")).ShouldBe(1);
    }

    [Fact]
    public async Task A_stale_postmaster_file_is_seen_through_when_another_server_has_its_process_id()
    {
        await using var other = await Start(DataPath + "-other");
        await Initialize();
        await File.WriteAllTextAsync(Path.Combine(Cluster, "postmaster.pid"), PostmasterFileOf(other.ProcessId), Ct);

        await using var postgres = await Start();

        postgres.ProcessId.ShouldNotBe(other.ProcessId);
        (await Query(postgres, "SHOW data_directory")).ShouldBe(Cluster);
        (await Query(other, "SHOW data_directory")).ShouldNotBe(Cluster);
    }

    [Fact]
    public async Task A_server_that_is_killed_comes_back_under_the_same_connection_string()
    {
        await using var postgres = await Start();
        await Query(postgres, "CREATE TABLE kept AS SELECT 42 AS answer");
        var killed = postgres.ProcessId;

        await Kill(killed);

        await Eventually(async () => await Answers(() => Query(postgres, "SELECT answer FROM kept")) && postgres.ProcessId != killed);
    }

    [Fact]
    public async Task A_cluster_that_was_half_made_is_made_again()
    {
        Directory.CreateDirectory(Path.Combine(DataPath, "postgres.init", "cluster"));
        await File.WriteAllTextAsync(Path.Combine(DataPath, "postgres.init", "cluster", "PG_VERSION"), "15", Ct);

        await using var postgres = await Start();

        (await Query(postgres, "SELECT 1")).ShouldBe(1);
        Directory.Exists(Path.Combine(DataPath, "postgres.init")).ShouldBeFalse();
    }

    private static async Task<bool> Answers(Func<Task> query)
    {
        try
        {
            await query();
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    // The same user as the server's: only then does PostgreSQL itself take the process for a server.
    private async Task<Process> StartStranger() => Process.Start(new ProcessStartInfo("sleep", ["60"])
    {
        UserName = Environment.IsPrivilegedProcess ? await Output("stat", "-c", "%U", Cluster) : null,
        WorkingDirectory = "/",
    })!;

    private string PostmasterFileOf(int processId) =>
        string.Create(CultureInfo.InvariantCulture, $"{processId}\n{Cluster}\n1700000000\n5432\n{DataPath}/run\n\n  1234567 0\nready   \n");
}
