using System.CommandLine;
using ComfyGateway.Outputs;
using ComfyGateway.Platform.Postgres;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Npgsql;

namespace ComfyGateway.Commands;

internal static class HealthCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static Command Create()
    {
        var command = new Command("health", "Test PostgreSQL, the storage and every ComfyUI of the settings. Exit code 0 when all is well, else 1.");
        command.SetAction((_, ct) => CommandErrors.Guard(() => Run(ct)));
        return command;
    }

    private static async Task<int> Run(CancellationToken ct)
    {
        var settings = GivenSettings.Read();
        var checks = new List<Task<Finding>> { Postgres(settings, ct), Storage(settings, ct) };
        checks.AddRange(settings.ComfyUiUrls.Select(b => ComfyUi(b, ct)));

        var findings = await Task.WhenAll(checks);
        foreach (var finding in findings)
        {
            await Console.Out.WriteLineAsync($"{(finding.IsWell ? "ok  " : "FAIL")}  {finding.What}: {finding.Detail}");
        }

        return findings.All(f => f.IsWell) ? 0 : CommandErrors.Failed;
    }

    private static async Task<Finding> Postgres(GatewaySettings settings, CancellationToken ct)
    {
        const string what = "PostgreSQL";
        try
        {
            if (settings.DatabaseUrl.Length == 0)
            {
                var binaries = PostgresBinaries.Find(Environment.GetEnvironmentVariable("POSTGRES_BIN"));
                return new Finding(what, true, $"embedded, from {binaries.Folder}, with its data in {Path.GetFullPath(settings.DataPath)}");
            }

            await using var database = NpgsqlDataSource.Create(PostgresConnectionString.From(settings.DatabaseUrl));
            await using var command = database.CreateCommand("show server_version");
            return new Finding(what, true, $"version {await command.ExecuteScalarAsync(ct)} answers");
        }
        catch (PostgresNotFoundException exception)
        {
            return new Finding(what, false, exception.Message);
        }
        catch (NpgsqlException exception)
        {
            return new Finding(what, false, $"{exception.Message}. Check DATABASE_URL, and that the server runs and lets this host in.");
        }
    }

    private static async Task<Finding> Storage(GatewaySettings settings, CancellationToken ct)
    {
        const string what = "Storage";
        var where = settings.StorageProvider == StorageProvider.S3 ? $"bucket {settings.S3Bucket}" : Path.GetFullPath(settings.StorageLocalPath);
        var condition = await OutputsModule.Examine(settings, ct);
        return new Finding(what, condition.IsWritable, condition.Problem ?? $"{where} can be written");
    }

    private static async Task<Finding> ComfyUi(BackendAddress backend, CancellationToken ct)
    {
        var what = $"ComfyUI {backend.Id} at {backend.Url.Masked()}";
        using var http = new HttpClient { Timeout = Patience };
        ComfyUiClient.Configure(http, backend.Url);
        try
        {
            var client = new ComfyUiClient(http);
            var checkpoints = await client.GetModels("checkpoints", ct);
            return new Finding(what, true, $"answers, with {checkpoints.Count} checkpoints");
        }
        catch (ComfyUiException exception)
        {
            return new Finding(what, false, $"{exception.Message} Check COMFYUI_URL, and that ComfyUI runs (it takes --listen to be reached from other hosts).");
        }
    }

    private sealed record Finding(string What, bool IsWell, string Detail);
}
