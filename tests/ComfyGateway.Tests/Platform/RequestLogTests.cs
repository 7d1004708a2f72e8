using System.Security.Claims;
using ComfyGateway.Platform.Http;
using Microsoft.AspNetCore.Http;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace ComfyGateway.Tests.Platform;

public sealed class RequestLogTests
{
    private readonly Lines _lines = new();

    [Fact]
    public async Task A_line_tells_what_was_asked_by_whom_and_what_came_of_it_but_not_the_query()
    {
        var jobId = Guid.CreateVersion7();
        var http = Request("/jobs");
        http.Request.QueryString = new QueryString("?token=secret");
        http.User = new ClaimsPrincipal(new ClaimsIdentity([new(ClaimTypes.NameIdentifier, "u7")], "test"));

        await Serve(http, context =>
        {
            context.Response.StatusCode = StatusCodes.Status202Accepted;
            context.LogsJob(jobId);
            return Task.CompletedTask;
        });

        var line = _lines.All.ShouldHaveSingleItem();
        line.Level.ShouldBe(LogEventLevel.Information);
        line.RenderMessage().ShouldStartWith("\"POST\" \"/jobs\" 202 in ");
        Of(line, "JobId").ShouldBe(jobId);
        Of(line, "Owner").ShouldBe("u7");
        line.Properties.Values.Select(v => v.ToString()).ShouldAllBe(v => !v.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_request_about_a_job_names_it()
    {
        var http = Request("/jobs/7");
        http.Request.RouteValues["jobId"] = "7";

        await Serve(http, _ => Task.CompletedTask);

        Of(_lines.All.ShouldHaveSingleItem(), "JobId").ShouldBe("7");
    }

    [Theory]
    [InlineData("/jobs", 404, LogEventLevel.Information)]
    [InlineData("/jobs", 500, LogEventLevel.Error)]
    [InlineData("/jobs", 503, LogEventLevel.Warning)]
    [InlineData("/health/ready", 200, LogEventLevel.Debug)]
    public async Task How_loud_it_is_depends_on_what_came_of_it(string path, int status, LogEventLevel level)
    {
        await Serve(Request(path), context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        _lines.All.ShouldHaveSingleItem().Level.ShouldBe(level);
    }

    [Fact]
    public async Task What_nobody_caught_is_an_error_with_its_trace_and_goes_on()
    {
        var fault = new InvalidOperationException("broken");

        (await Should.ThrowAsync<InvalidOperationException>(() => Serve(Request("/jobs"), _ => throw fault))).ShouldBe(fault);

        var line = _lines.All.ShouldHaveSingleItem();
        (line.Level, line.Exception, Of(line, "StatusCode")).ShouldBe((LogEventLevel.Error, fault, 500));
    }

    private Task Serve(HttpContext http, RequestDelegate next) =>
        new RequestLog(next, new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(_lines).CreateLogger(), TimeProvider.System).Invoke(http);

    private static DefaultHttpContext Request(string path) => new() { Request = { Method = "POST", Path = path } };

    private static object? Of(LogEvent line, string property) => ((ScalarValue)line.Properties[property]).Value;

    private sealed class Lines : ILogEventSink
    {
        public List<LogEvent> All { get; } = [];

        public void Emit(LogEvent logEvent) => All.Add(logEvent);
    }
}
