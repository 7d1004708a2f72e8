using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Commands;

/// <summary>The settings of the environment and of <c>.env</c> in the working directory.</summary>
internal static class GivenSettings
{
    /// <exception cref="StartException">With a line for each problem.</exception>
    public static GatewaySettings Read(GatewayEnvironment? defaultEnvironment = null)
    {
        var reading = SettingsReader.Load(Directory.GetCurrentDirectory(), defaultEnvironment);
        foreach (var warning in reading.Warnings)
        {
            Console.Error.WriteLine($"warning: {warning}");
        }

        return reading.Settings ?? throw new StartException(string.Join(Environment.NewLine, reading.Problems));
    }
}
