using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>A real HTTP server on a free port of the loopback, which answers as told and remembers what it was asked.</summary>
internal sealed class ReplayServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ReplayServer(WebApplication app) => _app = app;

    public ConcurrentQueue<SeenRequest> Requests { get; } = new();

    public Uri Url => new(_app.Urls.Single());

    public static async Task<ReplayServer> Start(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(System.Net.IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        var server = new ReplayServer(app);
        app.UseWebSockets();
        app.Run(async context =>
        {
            server.Requests.Enqueue(await SeenRequest.Of(context.Request));
            await answer(context);
        });
        await app.StartAsync();
        return server;
    }

    public static Task<ReplayServer> Answering(string recording) => Answering(Recording.Load(recording));

    public static Task<ReplayServer> Answering(Recording recording) => Start(async context =>
    {
        var body = recording.Body;
        context.Response.StatusCode = recording.Status;
        foreach (var (name, value) in recording.Headers.Where(h => h.Name is "Content-Type" or "ETag"))
        {
            context.Response.Headers[name] = value;
        }

        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body);
    });

    public static Task<ReplayServer> Answering(int status, string body, string contentType = "application/json") => Start(async context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        await context.Response.WriteAsync(body);
    });

    public ComfyUiClient Client()
    {
        var http = new HttpClient { Timeout = TimeSpan.FromSeconds(30) };
        ComfyUiClient.Configure(http, Url);
        return new ComfyUiClient(http);
    }

    public async ValueTask DisposeAsync()
    {
        // Some tests leave connections open on purpose.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}

internal sealed record SeenRequest(string Method, string Target, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public static async Task<SeenRequest> Of(HttpRequest request)
    {
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body);
        return new SeenRequest(
            request.Method,
            request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body.ToArray());
    }
}
