namespace ComfyGateway.Platform.Events;

/// <summary>The connection to the database was lost after statements had been sent on it: whether they took effect nobody knows.</summary>
public sealed class LostConnectionException(Exception reason) : Exception($"The connection to the database was lost: {reason.Message}", reason);
