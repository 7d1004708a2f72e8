using System.Diagnostics;
using ComfyGateway.Platform.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.Tests.Postgres;

/// <summary>A data path that was used once, to copy: initdb takes longer than most tests.</summary>
public sealed class ClusterTemplate : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();

    private string DataPath => _folder.File("data");

    public async ValueTask InitializeAsync() =>
        await (await EmbeddedPostgres.Start(new EmbeddedPostgresOptions(DataPath), NullLogger.Instance, ct: TestContext.Current.CancellationToken)).DisposeAsync();

    public async Task CopyTo(string dataPath)
    {
        using var copy = Process.Start("cp", ["-a", DataPath, dataPath]);
        await copy.WaitForExitAsync(TestContext.Current.CancellationToken);
        copy.ExitCode.ShouldBe(0);
    }

    public ValueTask DisposeAsync()
    {
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }
}
