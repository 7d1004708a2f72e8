using System.Net.ServerSentEvents;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ComfyGateway.Platform.Http;

/// <summary>Server-sent events, with a comment now and then so that no proxy takes a quiet stream for a dead one.</summary>
public static class EventStream
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(15);

    /// <summary>Writes until the items end, the client goes, or the gateway stops; a client comes back with Last-Event-ID.</summary>
    public static async Task Write(HttpResponse response, IAsyncEnumerable<SseItem<string>> items, CancellationToken ct)
    {
        var lifetime = response.HttpContext.RequestServices.GetRequiredService<IHostApplicationLifetime>();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
        try
        {
            await WriteAll(response, items, either);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
        }
    }

    private static async Task WriteAll(HttpResponse response, IAsyncEnumerable<SseItem<string>> items, CancellationTokenSource ending)
    {
        var ct = ending.Token;
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // Nginx would collect a stream before it passes it on.
        response.Headers["X-Accel-Buffering"] = "no";
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        await response.StartAsync(ct);
        if (HttpMethods.IsHead(response.HttpContext.Request.Method))
        {
            // Who asks for the headers alone has them.
            return;
        }

        await using var source = items.GetAsyncEnumerator(ct);
        var next = source.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                // Unlike a delay beside it, this leaves no timer behind for each item that came in time.
                await ((Task)next).WaitAsync(Quiet, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!next.IsCompleted)
                {
                    ct.ThrowIfCancellationRequested();
                    await Send(response, ": still here\n\n", ct);
                    continue;
                }

                if (!await next)
                {
                    return;
                }

                await Send(response, Format(source.Current), ct);
                next = source.MoveNextAsync().AsTask();
            }
        }
        finally
        {
            // Items that are still being waited for cannot be disposed of.
            await ending.CancelAsync();
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // The data is JSON on one line, so no line of it can be taken for another field.
    private static string Format(SseItem<string> item) =>
        $"event: {item.EventType}\n{(item.EventId is { } id ? $"id: {id}\n" : "")}data: {item.Data}\n\n";

    private static async Task Send(HttpResponse response, string text, CancellationToken ct)
    {
        await response.Body.WriteAsync(Encoding.UTF8.GetBytes(text), ct);
        await response.Body.FlushAsync(ct);
    }
}
