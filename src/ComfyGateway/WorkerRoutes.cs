using ComfyGateway.Platform.Problems;

namespace ComfyGateway;

/// <summary>A process that only runs jobs answers probes and is measured; every other route is another process's.</summary>
internal sealed class WorkerRoutes(RequestDelegate next)
{
    public Task Invoke(HttpContext http) => http.Request.Path.StartsWithSegments("/health") || http.Request.Path.StartsWithSegments("/metrics")
        ? next(http)
        : throw new ProblemException(ProblemCode.NotFound, "This gateway runs jobs only; ask one that serves the API.");
}
