using System.CommandLine;
using System.Security.Cryptography;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Commands;

internal static class InitCommand
{
    private const string EnvFile = ".env";
    private const int KeyBytes = 24;

    public static Command Create()
    {
        var command = new Command("init", "Make the folders, and .env with a random admin key. Nothing that exists is changed.");
        command.SetAction((_, ct) => CommandErrors.Guard(() => Run(ct)));
        return command;
    }

    private static async Task<int> Run(CancellationToken ct)
    {
        if (!File.Exists(EnvFile))
        {
            var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes));
            await WriteSecret(EnvFile, EnvExample.Render().Replace("\nAPI_KEYS=\n", $"\nAPI_KEYS={key}:admin\n", StringComparison.Ordinal), ct);
            await Console.Out.WriteLineAsync($"Wrote {Path.GetFullPath(EnvFile)}. The admin key is {key}");
        }
        else
        {
            await Console.Out.WriteLineAsync($"{Path.GetFullPath(EnvFile)} is there already and stays as it is.");
        }

        var settings = GivenSettings.Read();
        foreach (var folder in new[] { settings.DataPath, settings.StorageLocalPath })
        {
            await Console.Out.WriteLineAsync($"Folder {Directory.CreateDirectory(folder).FullName}");
        }

        await Console.Out.WriteLineAsync("Start the gateway with: comfy-gateway run");
        return 0;
    }

    private static async Task WriteSecret(string file, string text, CancellationToken ct)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var writer = new StreamWriter(file, options);
        await writer.WriteAsync(text.AsMemory(), ct);
    }
}
