using System.Net;
using System.Net.Sockets;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Platform.Network;

/// <summary>
/// The one way from the gateway to URLs that clients name. A connection is made to an address that was checked, and to no other that the name might
/// lead to a moment later; proxies, redirects and cookies, which would lead elsewhere, are off.
/// </summary>
public sealed class AddressGuard(GatewaySettings settings)
{
    /// <summary>The name of the guarded client at <see cref="IHttpClientFactory"/>.</summary>
    public const string ClientName = "guarded";

    /// <exception cref="AddressRefusedException">Its name leads to an address that is not public; to one among others is enough.</exception>
    internal async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = await Dns.GetHostAddressesAsync(host, ct);
        if (!settings.WebhookAllowPrivate && !Array.TrueForAll(addresses, PublicAddress.Is))
        {
            throw new AddressRefusedException();
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}

/// <summary>A name led to an address that the gateway does not connect to.</summary>
public sealed class AddressRefusedException() : IOException("The URL leads to an address that is not public.");

/// <summary>Makes the guarded client.</summary>
internal static class GuardedHttp
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(1);

    internal static IServiceCollection AddGuardedHttp(this IServiceCollection services)
    {
        services.AddHttpClient(AddressGuard.ClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .UseSocketsHttpHandler((handler, provider) =>
            {
                handler.ConnectCallback = provider.GetRequiredService<AddressGuard>().Connect;
                handler.ConnectTimeout = ConnectTimeout;
                handler.PooledConnectionLifetime = ConnectionLifetime;
                handler.UseProxy = false;
                handler.AllowAutoRedirect = false;
                handler.UseCookies = false;
                handler.ActivityHeadersPropagator = null;
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers();
        return services.AddSingleton<AddressGuard>().AddSingleton<RemoteFetch>();
    }
}
