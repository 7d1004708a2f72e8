using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.IntegrationTests;

/// <summary>A web server that somebody names in a URL; each test says what it answers.</summary>
internal sealed class RemoteServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private int _requests;

    private RemoteServer(WebApplication app) => _app = app;

    public Uri Url => new(_app.Urls.First());

    public int Requests => _requests;

    public IReadOnlyList<string> LastHeaders { get; private set; } = [];

    public static async Task<RemoteServer> Start(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<Microsoft.Extensions.Logging.ILoggerFactory>(Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        var app = builder.Build();
        var server = new RemoteServer(app);
        app.Run(context =>
        {
            Interlocked.Increment(ref server._requests);
            server.LastHeaders = [.. context.Request.Headers.Keys];
            return answer(context);
        });
        await app.StartAsync();
        return server;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
