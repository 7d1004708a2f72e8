using ComfyGateway.IntegrationTests;
using ComfyGateway.Platform.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Testcontainers.PostgreSql;

[assembly: AssemblyFixture(typeof(PostgresFixture))]

namespace ComfyGateway.IntegrationTests;

/// <summary>
/// One PostgreSQL for all tests: a private one from the installed binaries, or a container where there are none. Each gateway of a test
/// gets a database of its own, copied from one that is migrated already.
/// </summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    private const string Template = "migrated";

    private readonly string _folder = Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}"[..16]);
    private readonly SemaphoreSlim _creating = new(1);
    private EmbeddedPostgres? _private;
    private PostgreSqlContainer? _container;
    private string _connection = "";
    private bool _hasTemplate;

    public async ValueTask InitializeAsync()
    {
        try
        {
            _private = await EmbeddedPostgres.Start(new EmbeddedPostgresOptions(_folder), NullLogger.Instance);
            _connection = _private.ConnectionString;
        }
        catch (PostgresNotFoundException)
        {
            _container = new PostgreSqlBuilder("postgres:17").Build();
            await _container.StartAsync();
            _connection = _container.GetConnectionString();
        }
    }

    /// <summary>A connection string for a new database, with the gateway's schema in it.</summary>
    public async Task<string> CreateDatabase()
    {
        await _creating.WaitAsync();
        try
        {
            if (!_hasTemplate)
            {
                await Execute($"create database {Template}");
                await MigratedDatabase.Make(To(Template));
                _hasTemplate = true;
            }

            var name = $"t_{Guid.CreateVersion7():N}";
            await Execute($"create database {name} template {Template}");
            return To(name);
        }
        finally
        {
            _creating.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await (_private?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_container?.DisposeAsync() ?? ValueTask.CompletedTask);
        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    // Without a pool of its own a closed gateway would leave connections behind.
    private string To(string database) => new NpgsqlConnectionStringBuilder(_connection) { Database = database, MaxPoolSize = 20 }.ConnectionString;

    private async Task Execute(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_connection) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
