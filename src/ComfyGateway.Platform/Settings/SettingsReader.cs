using System.Diagnostics.CodeAnalysis;

namespace ComfyGateway.Platform.Settings;

/// <summary>Turns environment variables into settings; reports every problem at once instead of the first.</summary>
public static class SettingsReader
{
    /// <summary>The process environment over the <c>.env</c> file of a folder, read as settings.</summary>
    public static SettingsReading Load(string directory, GatewayEnvironment? defaultEnvironment = null)
    {
        var variables = EnvironmentVariables.Load(directory);
        var reading = Read(variables.Values, defaultEnvironment);

        return variables.Problems.Count == 0
            ? reading
            : new SettingsReading(null, [.. variables.Problems, .. reading.Problems], reading.Warnings);
    }

    /// <param name="variables">Names and texts; an empty text counts as absent.</param>
    /// <param name="defaultEnvironment">What holds when no variable names an environment; Production unless given.</param>
    public static SettingsReading Read(IReadOnlyDictionary<string, string> variables, GatewayEnvironment? defaultEnvironment = null)
    {
        ArgumentNullException.ThrowIfNull(variables);

        List<string> problems = [];
        var settings = Activator.CreateInstance<GatewaySettings>();

        foreach (var setting in Setting.All)
        {
            var (name, text) = Given(setting, variables) ?? (setting.Name, DefaultOf(setting, defaultEnvironment));
            var value = SettingParsers.For(setting)(new SettingText(setting.Attribute, name, text, problems));
            setting.Property.SetValue(settings, value ?? setting.Property.GetValue(settings));
        }

        problems.AddRange(SettingCombinations.Problems(settings));
        return new SettingsReading(problems.Count == 0 ? settings : null, problems, SettingCombinations.Warnings(variables));
    }

    internal static (string Name, string Text)? Given(Setting setting, IReadOnlyDictionary<string, string> variables)
    {
        foreach (var name in setting.Names)
        {
            if (IsGiven(name, variables, out var text))
            {
                return (name, text.Trim());
            }
        }

        return null;
    }

    internal static bool IsGiven(string name, IReadOnlyDictionary<string, string> variables, [NotNullWhen(true)] out string? text) =>
        variables.TryGetValue(name, out text) && !string.IsNullOrWhiteSpace(text);

    private static string DefaultOf(Setting setting, GatewayEnvironment? defaultEnvironment) =>
        setting.Property.PropertyType == typeof(GatewayEnvironment)
            ? (defaultEnvironment ?? GatewayEnvironment.Production).ToString()
            : setting.Attribute.DefaultValue;
}
