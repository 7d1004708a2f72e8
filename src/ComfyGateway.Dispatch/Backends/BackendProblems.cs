using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Dispatch.Backends;

internal static class BackendProblems
{
    private static readonly ProblemCode NotFoundCode = new("BACKEND_NOT_FOUND", 404, "Backend not found");

    public static ProblemException NotFound(string id) => new(NotFoundCode, $"There is no backend \"{id}\".");
}
