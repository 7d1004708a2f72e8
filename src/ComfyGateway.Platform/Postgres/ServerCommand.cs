using System.Diagnostics;

namespace ComfyGateway.Platform.Postgres;

/// <summary>One run of a program as the account that the server runs as.</summary>
internal static class ServerCommand
{
    public static async Task<(int ExitCode, string Output)> Run(
        ServerAccount account, string workingFolder, string program, IEnumerable<string> arguments, CancellationToken ct, string? cluster = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = workingFolder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UserName = account.UserName,
        };

        SetEnvironment(start, cluster);

        using var process = Process.Start(start)!;
        process.StandardInput.Close();

        try
        {
            var output = process.StandardOutput.ReadToEndAsync(ct);
            var errors = process.StandardError.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return (process.ExitCode, $"{await output}{await errors}".Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }

    // PGPORT, PGOPTIONS and the like of the operator's shell are meant for other servers.
    private static void SetEnvironment(ProcessStartInfo start, string? cluster)
    {
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        start.Environment["LC_ALL"] = "C";

        if (cluster is not null)
        {
            start.Environment["PGDATA"] = cluster;
        }
    }
}
