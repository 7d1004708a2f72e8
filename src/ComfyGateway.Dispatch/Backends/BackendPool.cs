using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>The ComfyUI servers of the settings, each kept in touch with for as long as the gateway runs.</summary>
internal sealed class BackendPool : BackgroundService
{
    public const string HttpClientName = "comfyui";

    private readonly Dictionary<string, Backend> _backends;

    public BackendPool(GatewaySettings settings, IHttpClientFactory clients, TimeProvider clock, ILoggerFactory loggers)
    {
        _backends = settings.ComfyUiUrls.ToDictionary(a => a.Id, address =>
        {
            var http = clients.CreateClient(HttpClientName);
            ComfyUiClient.Configure(http, address.Url);
            var socket = new ComfyUiSocket(address.Url, new ComfyUiSocketOptions(), clock, loggers.CreateLogger<ComfyUiSocket>());
            return new Backend(address, new ComfyUiClient(http), socket, clock, loggers.CreateLogger<Backend>());
        });
    }

    public IReadOnlyCollection<Backend> All => _backends.Values;

    public Backend Get(string id) => _backends[id];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(All.Select(b => b.Run(stoppingToken)));
}
