using System.Diagnostics;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Serilog;
using Serilog.Events;
using Serilog.Parsing;

namespace ComfyGateway.Platform.Http;

/// <summary>One line per request: method, path, status, duration, who sent it, the job that it is about and, through the log context, its correlation id.</summary>
/// <remarks>Serilog's own middleware takes twice the time and memory for the same line, and each request waits for it (docs/adr/0032).</remarks>
internal sealed class RequestLog(RequestDelegate next, ILogger log, TimeProvider clock)
{
    // The path only: a query string may carry what a log must not.
    private static readonly MessageTemplate Line = new MessageTemplateParser().Parse("{RequestMethod} {RequestPath} {StatusCode} in {Elapsed:0.0} ms");

    private static readonly ScalarValue Source = new(typeof(RequestLog).FullName);

    public async Task Invoke(HttpContext http)
    {
        var start = clock.GetTimestamp();
        try
        {
            await next(http);
        }
        catch (Exception exception)
        {
            Write(http, StatusCodes.Status500InternalServerError, start, exception);
            throw;
        }

        Write(http, http.Response.StatusCode, start, exception: null);
    }

    private void Write(HttpContext http, int status, long start, Exception? exception)
    {
        var level = LevelOf(http, status);
        if (!log.IsEnabled(level))
        {
            return;
        }

        // Room for those that others add.
        var properties = new Dictionary<string, LogEventPropertyValue>(12, StringComparer.Ordinal)
        {
            ["RequestMethod"] = new ScalarValue(http.Request.Method),
            ["RequestPath"] = new ScalarValue(http.Request.PathBase.Add(http.Request.Path).Value),
            ["StatusCode"] = new ScalarValue(status),
            ["Elapsed"] = new ScalarValue(clock.GetElapsedTime(start).TotalMilliseconds),
            ["SourceContext"] = Source,
        };
        if ((http.Features.Get<MadeJob>()?.JobId ?? http.GetRouteValue("jobId")) is { } jobId)
        {
            properties["JobId"] = new ScalarValue(jobId);
        }

        if (http.User.Identity is { IsAuthenticated: true })
        {
            properties["Owner"] = new ScalarValue(http.User.FindFirstValue(ClaimTypes.NameIdentifier));
        }

        var trace = Activity.Current;
        log.Write(LogEvent.UnstableAssembleFromParts(clock.GetLocalNow(), level, exception, Line, properties, trace?.TraceId ?? default, trace?.SpanId ?? default));
    }

    private static LogEventLevel LevelOf(HttpContext http, int status) => status switch
    {
        // A full queue, a database that is away: an answer that tells the client to come again.
        StatusCodes.Status503ServiceUnavailable => LogEventLevel.Warning,
        >= 500 => LogEventLevel.Error,
        _ when http.Request.Path.StartsWithSegments("/health") => LogEventLevel.Debug,
        _ => LogEventLevel.Information,
    };

    /// <summary>The job that the request made.</summary>
    internal sealed record MadeJob(Guid JobId);
}

public static class RequestLogRegistration
{
    internal static IApplicationBuilder UseRequestLog(this IApplicationBuilder app) => app.UseMiddleware<RequestLog>();

    /// <summary>Names the job that this request made, for the request's log line.</summary>
    public static void LogsJob(this HttpContext http, Guid jobId) => http.Features.Set(new RequestLog.MadeJob(jobId));
}
