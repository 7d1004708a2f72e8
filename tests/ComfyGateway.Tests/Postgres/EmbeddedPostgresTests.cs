using System.Globalization;
using ComfyGateway.Platform.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ComfyGateway.Tests.Postgres;

public sealed class EmbeddedPostgresTests(ClusterTemplate template) : EmbeddedPostgresTest(template)
{
    [Fact]
    public async Task It_serves_its_database_and_leaves_no_process_behind()
    {
        int processId;

        await using (var postgres = await Start())
        {
            processId = postgres.ProcessId;
            IsRunning(processId).ShouldBeTrue();
            (await Query(postgres, "SELECT current_database()")).ShouldBe("comfygateway");
        }

        IsRunning(processId).ShouldBeFalse();
        File.Exists(Path.Combine(Cluster, "postmaster.pid")).ShouldBeFalse();
        Directory.Exists(Path.Combine(DataPath, "run")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_was_written_is_there_after_a_restart()
    {
        await using (var first = await Start())
        {
            await Query(first, "CREATE TABLE kept AS SELECT 42 AS answer");
        }

        await using var second = await Start();
        (await Query(second, "SELECT answer FROM kept")).ShouldBe(42);
    }

    [Fact]
    public async Task It_is_set_up_to_keep_data_and_to_itself()
    {
        await using var postgres = await Start();

        var settings = await Query(
            postgres,
            """
            SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings
            WHERE name IN ('data_checksums', 'fsync', 'jit', 'listen_addresses', 'server_encoding', 'synchronous_commit')
            """);

        settings.ShouldBe("data_checksums=on fsync=on jit=off listen_addresses= server_encoding=UTF8 synchronous_commit=on");
    }

    [Fact]
    public async Task The_files_of_its_log_are_made_before_anybody_waits_for_them()
    {
        await using var postgres = await Start();

        (await Query(postgres, "SELECT count(*) FROM pg_ls_waldir() WHERE name ~ '^[0-9A-F]{24}$'")).ShouldBeOfType<long>().ShouldBeGreaterThanOrEqualTo(8);
    }

    [Fact]
    public async Task The_server_has_a_session_of_its_own_so_that_no_ctrl_c_of_the_terminal_reaches_it()
    {
        await using var postgres = await Start();

        var session = await Output("ps", "-o", "sid=", "-p", postgres.ProcessId.ToString(CultureInfo.InvariantCulture));
        session.ShouldBe(postgres.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    [Fact]
    public async Task The_server_never_runs_as_root_though_the_gateway_may()
    {
        await using var postgres = await Start();

        var user = await Output("ps", "-o", "user=", "-p", postgres.ProcessId.ToString(CultureInfo.InvariantCulture));
        user.ShouldNotBe("root");
        user.ShouldBe(await Output("stat", "-c", "%U", Cluster));
    }

    [Fact]
    public async Task Only_its_user_may_reach_the_socket()
    {
        await using var postgres = await Start();

        var folder = new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Host.ShouldNotBeNull();
        (await Output("stat", "-c", "%a", folder)).ShouldBe("700");
    }

    [Theory]
    [InlineData("a name of more than a hundred letters, because the path of a socket has to be shorter than one hundred and seven bytes")]
    [InlineData("with spaces, a comma, $HOME, 'quotes', \"quotes\" and `ticks`")]
    [InlineData("für größere Dateien")]
    public async Task Any_name_of_the_data_folder_works(string name)
    {
        await using var postgres = await Start(Path.Combine(DataPath, name));

        (await Query(postgres, "SHOW data_directory")).ShouldBe(Path.Combine(DataPath, name, "postgres"));
    }

    [Fact]
    public async Task Over_tcp_it_asks_for_its_password()
    {
        await Initialize();
        await using var postgres = await EmbeddedPostgres.Start(new EmbeddedPostgresOptions(DataPath) { OverTcp = true }, NullLogger.Instance, ct: Ct);

        (await Query(postgres, "SELECT 1")).ShouldBe(1);

        var guess = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { Password = "guess" };
        guess.Host.ShouldBe("127.0.0.1");
        await using var connection = new NpgsqlConnection(guess.ConnectionString);
        (await Should.ThrowAsync<PostgresException>(() => connection.OpenAsync(Ct))).SqlState.ShouldBe(PostgresErrorCodes.InvalidPassword);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(60)]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(130)]
    [InlineData(160)]
    [InlineData(200)]
    public async Task A_start_canceled_at_whatever_moment_leaves_nothing_running_and_the_folder_free(int milliseconds)
    {
        await Initialize();
        using var cancel = new CancellationTokenSource(TimeSpan.FromMilliseconds(milliseconds));

        try
        {
            await (await EmbeddedPostgres.Start(new EmbeddedPostgresOptions(DataPath), NullLogger.Instance, ct: cancel.Token)).DisposeAsync();
        }
        catch (OperationCanceledException)
        {
            File.Exists(Path.Combine(Cluster, "postmaster.pid")).ShouldBeFalse();
        }

        (await Output("pgrep", "-f", Cluster)).ShouldBeEmpty();
        await (await Start()).DisposeAsync();
    }
}
