using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Npgsql;

namespace ComfyGateway.IntegrationTests.Events;

public sealed class StatementConnectionTests(PostgresFixture postgres) : IAsyncLifetime
{
    private const string Insert = "insert into kept (n, name) values (?, ?)";

    private NpgsqlDataSource _database = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = NpgsqlDataSource.Create(await postgres.CreateDatabase());
        await Ask("create table kept (n int primary key, name text)");
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task All_statements_of_a_batch_take_effect()
    {
        await using var connection = new StatementConnection(_database);

        await connection.Commit(Batch((1, "one"), (2, "two")), Ct);

        (await Ask("select string_agg(n || name, ' ' order by n) from kept")).ShouldBe("1one 2two");
    }

    [Fact]
    public async Task Where_one_fails_none_takes_effect_and_the_connection_goes_on()
    {
        await using var connection = new StatementConnection(_database);

        var failure = await Should.ThrowAsync<PostgresException>(() => connection.Commit(Batch((1, "one"), (1, "again"), (2, "two")), Ct));
        await connection.Commit(Batch((3, "three")), Ct);

        DatabaseFailure.IsConflict(failure).ShouldBeTrue();
        (await Ask("select string_agg(name, ' ') from kept")).ShouldBe("three");
    }

    [Fact]
    public async Task A_connection_that_the_server_ended_is_an_outage_once_and_then_replaced()
    {
        await using var connection = new StatementConnection(_database);
        await connection.Commit(Batch((1, "one")), Ct);
        await Ask("select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()");

        var failure = await Should.ThrowAsync<LostConnectionException>(() => connection.Commit(Batch((2, "two")), Ct));
        await connection.Commit(Batch((2, "two")), Ct);

        DatabaseFailure.IsOutage(failure).ShouldBeTrue();
        (await Ask("select string_agg(name, ' ' order by n) from kept")).ShouldBe("one two");
    }

    [Fact]
    public async Task A_batch_of_nothing_needs_no_server()
    {
        await using var nowhere = NpgsqlDataSource.Create("Host=127.0.0.1;Port=1");
        await using var connection = new StatementConnection(nowhere);

        await connection.Commit(new StatementBatch(), Ct);
    }

    [Fact]
    public void As_many_values_are_wanted_as_there_are_places() =>
        Should.Throw<InvalidOperationException>(() => new StatementBatch().Add(Insert, 1)).Message.ShouldContain("2 values are wanted, 1 given");

    private static StatementBatch Batch(params (int N, string Name)[] rows)
    {
        var batch = new StatementBatch();
        Array.ForEach(rows, r => batch.Add(Insert, r.N, r.Name));
        return batch;
    }

    private async Task<object?> Ask(string sql)
    {
        await using var command = _database.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }
}
