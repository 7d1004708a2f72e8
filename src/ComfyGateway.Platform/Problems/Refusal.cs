using Microsoft.AspNetCore.Http;

namespace ComfyGateway.Platform.Problems;

/// <summary>
/// A problem as an endpoint's result. For refusals that come in floods: an exception through all that is awaited costs more than the work that
/// is refused.
/// </summary>
public sealed class Refusal(ProblemException problem) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        return httpContext.WriteProblem(problem);
    }
}
