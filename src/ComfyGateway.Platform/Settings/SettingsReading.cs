namespace ComfyGateway.Platform.Settings;

/// <summary>What came of reading the settings.</summary>
/// <param name="Settings">Null exactly when there is a problem.</param>
/// <param name="Problems">One line each, every one of them at once; no line shows a secret.</param>
/// <param name="Warnings">What the operator should know of, though the gateway can start.</param>
public sealed record SettingsReading(GatewaySettings? Settings, IReadOnlyList<string> Problems, IReadOnlyList<string> Warnings);
