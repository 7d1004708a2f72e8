using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace ComfyGateway;

/// <summary>
/// Tells caches that answers differ by <c>Origin</c> where only some origins may read them. The framework says so only to requests that name one; but the
/// copy that an <c>img</c> left, which names none, would be given to a later <c>fetch</c> of the same file, and fail it.
/// </summary>
internal sealed class OriginVariance(RequestDelegate next, GatewaySettings settings)
{
    private readonly bool _isSame = settings.CorsOrigins.Contains("*");

    public Task Invoke(HttpContext http)
    {
        if (!_isSame)
        {
            // On starting, because an error answer begins by clearing the headers.
            http.Response.OnStarting(() =>
            {
                var vary = http.Response.Headers.Vary;
                http.Response.Headers.Vary = vary.Contains(HeaderNames.Origin) ? vary : StringValues.Concat(vary, HeaderNames.Origin);
                return Task.CompletedTask;
            });
        }

        return next(http);
    }
}
