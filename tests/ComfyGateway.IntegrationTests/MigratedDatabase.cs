using ComfyGateway.Platform.Settings;
using Npgsql;

namespace ComfyGateway.IntegrationTests;

/// <summary>Lets a gateway migrate a database, so that the others can copy it.</summary>
internal static class MigratedDatabase
{
    public static async Task Make(string connectionString)
    {
        var folder = Directory.CreateTempSubdirectory("cg-");
        var settings = TestSettings.Read(new Dictionary<string, string>
        {
            ["DATABASE_URL"] = connectionString,
            ["STORAGE_LOCAL_PATH"] = folder.FullName,
            ["COMFYUI_URL"] = "http://127.0.0.1:1",
        });
        await using (await Gateway.Start(settings, CancellationToken.None))
        {
        }

        // A template must have no connections left, and the pool keeps some.
        NpgsqlConnection.ClearAllPools();
        folder.Delete(recursive: true);
    }
}

/// <summary>Settings for a gateway of a test, read as the real ones are.</summary>
internal static class TestSettings
{
    public static GatewaySettings Read(IReadOnlyDictionary<string, string> variables)
    {
        var all = new Dictionary<string, string>
        {
            ["HOST"] = "127.0.0.1",
            ["PORT"] = "0",
            ["LOG_LEVEL"] = "error",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["API_KEYS"] = $"{TestGateway.AdminKey}:admin,{TestGateway.UserKey}:user,{TestGateway.OtherKey}:user",
        };
        foreach (var (name, value) in variables)
        {
            all[name] = value;
        }

        var reading = SettingsReader.Read(all);
        reading.Problems.ShouldBeEmpty();
        return reading.Settings!;
    }
}
