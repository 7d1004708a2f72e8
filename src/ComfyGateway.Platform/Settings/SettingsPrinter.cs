using System.Collections;
using System.Globalization;

namespace ComfyGateway.Platform.Settings;

/// <summary>Shows settings to people: secrets as <c>***</c>, URLs without credentials.</summary>
public static class SettingsPrinter
{
    /// <summary>One <c>NAME=value</c> line for each variable.</summary>
    public static IReadOnlyList<string> Describe(GatewaySettings settings) =>
        [.. Setting.All.Select(setting => $"{setting.Name}={Shown(setting, setting.Property.GetValue(settings))}")];

    private static string Shown(Setting setting, object? value)
    {
        var text = Written(value);
        return setting.Attribute.Secret && text.Length > 0 ? "***" : text;
    }

    private static string Written(object? value) => value switch
    {
        null => "",
        string text => MaskedUri.Of(text),
        bool choice => choice ? "true" : "false",
        BackendAddress backend => $"{backend.Id}={backend.Url.Masked()}",
        ApiKey => "***",
        GatewayEnvironment environment => environment.ToString(),
        Enum choice => choice.ToString().ToLowerInvariant(),
        IEnumerable items => string.Join(',', items.Cast<object>().Select(Written)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? "",
    };
}
