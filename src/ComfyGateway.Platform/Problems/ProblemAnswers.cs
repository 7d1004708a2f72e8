using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ComfyGateway.Platform.Problems;

/// <summary>Every error of the API has one shape: RFC 9457 members, and flat ones that simple clients read.</summary>
public static class ProblemAnswers
{
    private static readonly JsonSerializerOptions Json = new(ApiJson.Options)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    internal static IServiceCollection AddProblemAnswers(this IServiceCollection services) =>
        services.AddExceptionHandler<ProblemExceptionHandler>();

    /// <summary>Answers what handlers throw, and gives the framework's own empty errors a body.</summary>
    public static IApplicationBuilder UseProblemAnswers(this IApplicationBuilder app) => app
        .UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => context.WriteProblem(FrameworkProblem(context, StatusCodes.Status500InternalServerError)),
        })
        .UseStatusCodePages(pages => pages.HttpContext.WriteProblem(FrameworkProblem(pages.HttpContext, pages.HttpContext.Response.StatusCode)));

    /// <summary>Writes <paramref name="problem"/> as the answer, as JSON whatever the client said it accepts.</summary>
    public static Task WriteProblem(this HttpContext context, ProblemException problem)
    {
        var code = problem.Code;
        context.Response.StatusCode = code.Status;
        if (problem.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        var answer = new Answer(
            code.Type, code.Title, code.Status, problem.Message, context.Request.Path,
            code.Code, code.Code, problem.Message, code.Retryable, context.TraceIdentifier,
            problem.Errors.Count > 0 ? problem.Errors : null);
        return context.Response.WriteAsJsonAsync(answer, Json, "application/problem+json", context.RequestAborted);
    }

    internal static ProblemException FrameworkProblem(HttpContext context, int status) =>
        new(ProblemCode.ForStatus(status), status switch
        {
            StatusCodes.Status401Unauthorized => "Send one valid credential, e.g. an X-API-Key header.",
            StatusCodes.Status403Forbidden => "This credential does not have the role that the call needs.",
            StatusCodes.Status404NotFound => $"There is no {context.Request.Path} here.",
            StatusCodes.Status405MethodNotAllowed => $"{context.Request.Method} is not possible on {context.Request.Path}.",
            StatusCodes.Status412PreconditionFailed => "The file is not the one that If-Match or If-Unmodified-Since asks for.",
            StatusCodes.Status413PayloadTooLarge => $"The body is larger than {RequestLimits.MaxBodyBytes} bytes.",
            StatusCodes.Status415UnsupportedMediaType => "Send the body as application/json.",
            StatusCodes.Status416RangeNotSatisfiable => "The file does not have this range.",
            >= 500 => "Something went wrong on our side; the correlation id finds it in the log.",
            _ => "The request is not acceptable.",
        });

    private sealed record Answer(
        string Type, string Title, int Status, string Detail, string Instance,
        string Code, string Error, string Message, bool Retryable, string CorrelationId,
        IReadOnlyDictionary<string, string[]>? Errors);
}
