using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using ComfyGateway.Platform.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.Tests.Postgres;

/// <summary>A process that runs the embedded PostgreSQL and is killed like a gateway: this test program, started once more.</summary>
internal static class AbandonedGateway
{
    private const string DataPath = "COMFY_GATEWAY_TESTS_DATA_PATH";

    /// <summary>Starts the server in a process of its own, kills that process with SIGKILL, and returns the server's process id.</summary>
    public static async Task<int> StartAndKill(string dataPath)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(AbandonedGateway).Assembly.Location])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            Environment = { [DataPath] = dataPath },
        };

        using var gateway = Process.Start(start)!;
        var processId = await gateway.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        gateway.Kill();
        await gateway.WaitForExitAsync(TestContext.Current.CancellationToken);

        return int.Parse(processId.ShouldNotBeNull(), CultureInfo.InvariantCulture);
    }

    // Before Main: the test platform must not run in the second process. Reading to the end waits for the kill.
    [ModuleInitializer]
    internal static void RunInstead()
    {
        if (Environment.GetEnvironmentVariable(DataPath) is { Length: > 0 } dataPath)
        {
            var postgres = EmbeddedPostgres.Start(new EmbeddedPostgresOptions(dataPath), NullLogger.Instance).GetAwaiter().GetResult();
            Console.WriteLine(postgres.ProcessId.ToString(CultureInfo.InvariantCulture));
            Console.In.ReadToEnd();
            Environment.Exit(0);
        }
    }
}
