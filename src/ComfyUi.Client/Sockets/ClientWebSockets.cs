using System.Net.Http.Headers;
using System.Net.WebSockets;

namespace ComfyUi.Client.Sockets;

/// <summary>Opens the WebSockets of .NET, which send no Origin unless told to.</summary>
internal static class ClientWebSockets
{
    public static WebSocketConnector Connector(ComfyUiSocketOptions options) =>
        (endpoint, authorization, ct) => Connect(options, endpoint, authorization, ct);

    private static async Task<WebSocket> Connect(
        ComfyUiSocketOptions options, Uri endpoint, AuthenticationHeaderValue? authorization, CancellationToken ct)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.KeepAliveInterval = options.KeepAliveInterval;
            socket.Options.KeepAliveTimeout = options.KeepAliveTimeout;
            if (authorization is not null)
            {
                socket.Options.SetRequestHeader("Authorization", authorization.ToString());
            }

            await socket.ConnectAsync(endpoint, ct);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
