using System.Reflection;

namespace ComfyGateway.Platform;

/// <summary>This process: what it is and since when.</summary>
public sealed class GatewayProcess(TimeProvider clock)
{
    private readonly long _started = clock.GetTimestamp();

    public string Version { get; } =
        typeof(GatewayProcess).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    public TimeSpan Uptime => clock.GetElapsedTime(_started);
}
