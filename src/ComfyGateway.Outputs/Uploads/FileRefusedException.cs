using ComfyGateway.Outputs.Files;
using ComfyGateway.Platform.Problems;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>A client's file is not accepted. Whoever asked for it knows where it came from and says so.</summary>
/// <param name="reason">Goes after the name of the member or after "The file".</param>
internal sealed class FileRefusedException(ProblemCode code, string reason) : Exception(reason)
{
    public ProblemCode Code => code;

    public static FileRefusedException Invalid(string reason) => new(ProblemCode.ValidationError, reason);

    public static FileRefusedException TooLarge(long most) => new(ProblemCode.PayloadTooLarge, $"must be at most {most} bytes");

    public static FileRefusedException Unknown() =>
        new(ProblemCode.UnsupportedMediaType, $"is of no kind that is accepted, by its content; accepted are {FileFormat.Accepted}");
}
