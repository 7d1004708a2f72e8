using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;

namespace ComfyGateway.IntegrationTests.Outputs;

/// <summary>Stands between the gateway and the S3 server: notes every request, and refuses those that a test wants refused.</summary>
internal sealed class S3Proxy : IAsyncDisposable
{
    private readonly HttpClient _server;
    private readonly ConcurrentQueue<S3Request> _requests = new();
    private RemoteServer? _proxy;

    private S3Proxy(string server) => _server = new HttpClient { BaseAddress = new Uri(server) };

    public string Url => _proxy!.Url.GetLeftPart(UriPartial.Authority);

    public IEnumerable<S3Request> Requests => _requests;

    /// <summary>The status that a request is answered with instead of being passed on.</summary>
    public Func<S3Request, HttpStatusCode?> Refuse { get; set; } = _ => null;

    public static async Task<S3Proxy> Start(string server)
    {
        var proxy = new S3Proxy(server);
        proxy._proxy = await RemoteServer.Start(proxy.Answer);
        return proxy;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy!.DisposeAsync();
        _server.Dispose();
    }

    private async Task Answer(HttpContext context)
    {
        var request = S3Request.Of(context.Request);
        _requests.Enqueue(request);
        if (Refuse(request) is { } status)
        {
            context.Response.StatusCode = (int)status;
            return;
        }

        using var response = await _server.SendAsync(Passed(context.Request), HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers).Where(h => h.Key is not "Transfer-Encoding" and not "Connection"))
        {
            context.Response.Headers[name] = values.ToArray();
        }

        await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    // With the host that was asked, since that is signed.
    private static HttpRequestMessage Passed(HttpRequest request)
    {
        var passed = new HttpRequestMessage(new HttpMethod(request.Method), new Uri(request.GetEncodedPathAndQuery(), UriKind.Relative));
        if (request.ContentLength is not null)
        {
            passed.Content = new StreamContent(request.Body);
        }

        foreach (var (name, values) in request.Headers)
        {
            if (!passed.Headers.TryAddWithoutValidation(name, values.ToArray()))
            {
                passed.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
            }
        }

        return passed;
    }
}

/// <summary>A request to S3, as far as tests ask.</summary>
internal sealed record S3Request(string Method, string Path, IReadOnlyDictionary<string, string> Query, IReadOnlyDictionary<string, string> Headers)
{
    public bool IsPart => Method == "PUT" && Query.ContainsKey("partNumber");

    public string? Encryption => Headers.GetValueOrDefault("x-amz-server-side-encryption");

    public static S3Request Of(HttpRequest request) => new(
        request.Method,
        request.Path,
        request.Query.ToDictionary(q => q.Key, q => q.Value.ToString()),
        request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
}
