using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Tests.Settings;

/// <summary>Reads settings from names and texts, as the tests of this folder write them.</summary>
internal static class Read
{
    public static SettingsReading From(params (string Name, string Text)[] variables) =>
        SettingsReader.Read(variables.ToDictionary(variable => variable.Name, variable => variable.Text));

    public static GatewaySettings Good(params (string Name, string Text)[] variables)
    {
        var reading = From(variables);
        reading.Problems.ShouldBeEmpty();
        return reading.Settings.ShouldNotBeNull();
    }

    public static string OnlyProblem(params (string Name, string Text)[] variables)
    {
        var reading = From(variables);
        reading.Settings.ShouldBeNull();
        return reading.Problems.ShouldHaveSingleItem();
    }
}
