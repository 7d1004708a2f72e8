using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Outputs.Uploads;

internal static class UploadProblems
{
    private static readonly ProblemCode NotFoundCode = new("UPLOAD_NOT_FOUND", 404, "Upload not found");

    /// <summary>The same words for an upload that is not there and for one that is somebody else's.</summary>
    public static ProblemException NotFound(string id) => new(NotFoundCode, $"There is no upload \"{id}\".");

    public static ProblemException Refused(FileRefusedException refused) => refused.Code == ProblemCode.ValidationError
        ? ProblemException.Invalid("file", refused.Message)
        : new ProblemException(refused.Code, $"The file {refused.Message}.");
}
