using System.Diagnostics;
using ComfyGateway.Platform.Postgres;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ComfyGateway.Tests.Postgres;

/// <summary>A data path of its own for each test, on the PostgreSQL programs of this machine.</summary>
public abstract class EmbeddedPostgresTest(ClusterTemplate template) : IClassFixture<ClusterTemplate>, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    protected static CancellationToken Ct => TestContext.Current.CancellationToken;

    protected string DataPath => _folder.File("data");

    protected string Cluster => Path.Combine(DataPath, "postgres");

    public void Dispose()
    {
        _folder.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts a cluster there that was used and stopped.</summary>
    protected Task Initialize() => template.CopyTo(DataPath);

    /// <summary>Starts on what the test has put there, else on a cluster that was used and stopped.</summary>
    protected async Task<EmbeddedPostgres> Start()
    {
        if (!Directory.Exists(DataPath))
        {
            await Initialize();
        }

        return await Start(DataPath);
    }

    protected static Task<EmbeddedPostgres> Start(string dataPath) =>
        EmbeddedPostgres.Start(new EmbeddedPostgresOptions(dataPath), NullLogger.Instance, ct: Ct);

    protected static async Task<object?> Query(EmbeddedPostgres postgres, string sql)
    {
        await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
        await using var command = source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Ct);
    }

    protected static bool IsRunning(int processId)
    {
        try
        {
            // A killed process whose parent has not looked yet is a zombie, and has ended.
            return !File.ReadAllText($"/proc/{processId}/stat").Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }

    protected static async Task Kill(int processId)
    {
        using var process = Process.GetProcessById(processId);
        process.Kill();
        await Eventually(() => Task.FromResult(!IsRunning(processId)));
    }

    protected static async Task Eventually(Func<Task<bool>> condition)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));

        while (!await condition())
        {
            await timer.WaitForNextTickAsync(Ct);
        }
    }

    protected static async Task<string> Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        return (await process.StandardOutput.ReadToEndAsync(Ct)).Trim();
    }
}
