using System.Net;
using System.Net.Sockets;

namespace ComfyGateway.IntegrationTests;

internal static class FreePort
{
    /// <summary>A port that was free a moment ago.</summary>
    public static int Take()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
