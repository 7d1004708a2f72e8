namespace ComfyGateway.Platform.Settings;

/// <summary>Binds a property of <see cref="GatewaySettings"/> to an environment variable; the source of <c>.env.example</c>.</summary>
/// <param name="name">The environment variable.</param>
/// <param name="defaultValue">What holds when the variable is absent or empty, as it would be written there.</param>
/// <param name="description">One line for the operator.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string name, string defaultValue, string description) : Attribute
{
    public string Name => name;

    public string DefaultValue => defaultValue;

    public string Description => description;

    /// <summary>Heading of <c>.env.example</c> that starts with this variable.</summary>
    public string Section { get; init; } = "";

    /// <summary>Other names for the same variable; the first that is set wins.</summary>
    public string[] Aliases { get; init; } = [];

    /// <summary>The value is shown as <c>***</c> wherever settings are printed.</summary>
    public bool Secret { get; init; }

    /// <summary>Smallest accepted number.</summary>
    public long Min { get; init; } = long.MinValue;

    /// <summary>Largest accepted number.</summary>
    public long Max { get; init; } = long.MaxValue;
}
