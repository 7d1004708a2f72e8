using System.Net;
using System.Net.Sockets;

namespace ComfyGateway.IntegrationTests;

internal static class SteadyPort
{
    // The system takes the ports of outgoing connections from above these, so one of a killed server could be taken before it is back.
    private const int First = 20_000;
    private const int Last = 32_000;

    private static int _next = Random.Shared.Next(First, Last);

    /// <summary>A port that is free, and stays so while its server is away.</summary>
    public static int Take()
    {
        while (true)
        {
            var port = First + (Interlocked.Increment(ref _next) % (Last - First));
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it; the next may be free.
            }
        }
    }
}
