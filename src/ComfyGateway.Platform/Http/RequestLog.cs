using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Serilog;
using Serilog.Events;

namespace ComfyGateway.Platform.Http;

/// <summary>One line per request: method, path, status, duration, and, through the log context, correlation and job id.</summary>
public static class RequestLog
{
    internal static IApplicationBuilder UseRequestLog(this IApplicationBuilder app) => app.UseSerilogRequestLogging(options =>
    {
        options.Logger = app.ApplicationServices.GetRequiredService<ILogger>();
        // The path only: a query string may carry what a log must not.
        options.MessageTemplate = "{RequestMethod} {RequestPath} {StatusCode} in {Elapsed:0.0} ms";
        options.IncludeQueryInRequestPath = false;
        options.GetLevel = (context, _, exception) => context switch
        {
            // A full queue, a database that is away: an answer that tells the client to come again.
            _ when context.Response.StatusCode == StatusCodes.Status503ServiceUnavailable => LogEventLevel.Warning,
            _ when exception is not null || context.Response.StatusCode >= 500 => LogEventLevel.Error,
            _ when context.Request.Path.StartsWithSegments("/health") => LogEventLevel.Debug,
            _ => LogEventLevel.Information,
        };
        options.EnrichDiagnosticContext = (log, context) =>
        {
            if (context.Request.RouteValues.TryGetValue("jobId", out var jobId))
            {
                log.Set("JobId", jobId);
            }

            if (context.User.Identity is { IsAuthenticated: true })
            {
                log.Set("Owner", context.User.FindFirst(System.Security.Claims.ClaimTypes.NameIdentifier)?.Value);
            }
        };
    });

    /// <summary>Names the job that this request made, for the request's log line.</summary>
    public static void LogsJob(this HttpContext context, Guid jobId) =>
        context.RequestServices.GetRequiredService<IDiagnosticContext>().Set("JobId", jobId);
}
