using System.Reflection;

namespace ComfyGateway.Platform.Settings;

internal sealed record Setting(PropertyInfo Property, SettingAttribute Attribute)
{
    /// <summary>Every variable, in the order of the settings record.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        .. typeof(GatewaySettings).GetProperties()
            .Where(property => property.IsDefined(typeof(SettingAttribute)))
            .OrderBy(property => property.MetadataToken)
            .Select(property => new Setting(property, property.GetCustomAttribute<SettingAttribute>()!)),
    ];

    public string Name => Attribute.Name;

    public IEnumerable<string> Names => [Attribute.Name, .. Attribute.Aliases];
}
