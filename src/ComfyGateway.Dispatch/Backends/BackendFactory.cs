using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Makes the clients of a ComfyUI server.</summary>
internal sealed class BackendFactory(IHttpClientFactory clients, TimeProvider clock, ILoggerFactory loggers)
{
    public const string HttpClientName = "comfyui";

    public Backend Make(BackendAddress address, int slots)
    {
        var http = clients.CreateClient(HttpClientName);
        ComfyUiClient.Configure(http, address.Url);
        var socket = new ComfyUiSocket(address.Url, new ComfyUiSocketOptions(), clock, loggers.CreateLogger<ComfyUiSocket>());
        return new Backend(address, slots, new ComfyUiClient(http), socket, clock, loggers);
    }
}
