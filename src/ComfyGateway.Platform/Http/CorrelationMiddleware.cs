using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Serilog.Context;

namespace ComfyGateway.Platform.Http;

/// <summary>Gives each request its correlation id: the client's own where it is well-formed, else a new one.</summary>
/// <remarks>The id goes back in this header, into each log line of the request, onto the job and into its webhook.</remarks>
public static class CorrelationMiddleware
{
    public const string Header = "X-Correlation-Id";

    private const int MaxLength = 128;

    internal static IApplicationBuilder UseCorrelation(this IApplicationBuilder app, TimeProvider clock) => app.Use(async (context, next) =>
    {
        context.TraceIdentifier = Accept(context.Request.Headers[Header]) ?? OrderedIds.New(clock.GetUtcNow()).ToString();

        // On starting, because an error answer begins by clearing the headers.
        context.Response.OnStarting(() =>
        {
            context.Response.Headers[Header] = context.TraceIdentifier;
            return Task.CompletedTask;
        });

        using (LogContext.PushProperty("CorrelationId", context.TraceIdentifier))
        {
            await next(context);
        }
    });

    internal static string? Accept(string? candidate) =>
        candidate is { Length: >= 1 and <= MaxLength } && candidate.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-') ? candidate : null;
}
