using System.Text.Json;
using FluentValidation;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Platform.Problems;

/// <summary>
/// Turns what is expected into answers. What is not expected stays unhandled here, so that the framework logs it and answers 500.
/// </summary>
internal sealed partial class ProblemExceptionHandler(ILogger<ProblemExceptionHandler> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var expected = Translate(exception, httpContext);
        if (httpContext.RequestAborted.IsCancellationRequested && (expected is not null || exception is OperationCanceledException))
        {
            // There is nobody to be told.
            httpContext.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return true;
        }

        if (expected is not { } problem)
        {
            return false;
        }

        if (problem.Code.Status >= 500)
        {
            // Where it was thrown says nothing of a refusal that was meant; a failure's own words do.
            LogUnavailable(logger, exception is ProblemException ? null : exception, problem.Code.Code);
        }

        await httpContext.WriteProblem(problem);
        return true;
    }

    private static ProblemException? Translate(Exception exception, HttpContext context) => exception switch
    {
        ProblemException problem => problem,
        ValidationException invalid => ProblemException.Invalid([.. invalid.Errors.Select(e => (MemberPath(e.PropertyName), e.ErrorMessage))]),
        BadHttpRequestException { InnerException: JsonException json } => JsonProblem.From(json),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType } bad =>
            ProblemAnswers.FrameworkProblem(context, bad.StatusCode),
        BadHttpRequestException bad when bad.Message.Contains("no body was provided", StringComparison.Ordinal) =>
            new ProblemException(ProblemCode.ValidationError, "The request has no body; send a JSON object."),
        InvalidOperationException unreadable when unreadable.Message.Contains("is not a known encoding", StringComparison.Ordinal) =>
            ProblemAnswers.FrameworkProblem(context, StatusCodes.Status415UnsupportedMediaType),
        BadHttpRequestException bad => new ProblemException(ProblemCode.ForStatus(bad.StatusCode), bad.Message),
        _ when DatabaseFailure.IsOutage(exception) => ProblemException.DatabaseAway("The database cannot be reached; nothing was accepted."),
        _ => null,
    };

    private static string MemberPath(string propertyName) =>
        string.Join('.', propertyName.Split('.').Select(JsonNamingPolicy.CamelCase.ConvertName));

    [LoggerMessage(Level = LogLevel.Warning, Message = "Answering {Code}")]
    private static partial void LogUnavailable(ILogger logger, Exception? exception, string code);
}
