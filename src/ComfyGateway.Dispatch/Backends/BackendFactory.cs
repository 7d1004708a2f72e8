using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>Makes the clients of a ComfyUI server.</summary>
internal sealed class BackendFactory(IHttpClientFactory clients, TimeProvider clock, ILoggerFactory loggers)
{
    public const string HttpClientName = "comfyui";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public Backend Make(BackendAddress address, int slots)
    {
        var http = clients.CreateClient(HttpClientName);
        ComfyUiClient.Configure(http, address.Url);
        return new Backend(address, slots, new ComfyUiClient(http, Patience), Open, clock, loggers);

        ComfyUiSocket Open(string? clientId) => new(address.Url, new ComfyUiSocketOptions { ClientId = clientId }, clock, loggers.CreateLogger<ComfyUiSocket>());
    }
}
