using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Outputs;

internal static class OutputProblems
{
    private static readonly ProblemCode NotFoundCode = new("OUTPUT_NOT_FOUND", 404, "Output not found");

    public static ProblemException NotFound(string jobId, string file) => new(NotFoundCode, $"The job \"{jobId}\" has no file \"{file}\".");
}
