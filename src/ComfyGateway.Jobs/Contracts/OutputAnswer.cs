namespace ComfyGateway.Jobs.Contracts;

/// <summary>A file of a job, as the API shows it.</summary>
public sealed record OutputAnswer(
    string Filename, string Subfolder, string StoragePath, string Url, long Size, string Sha256, string ContentType, string Kind,
    int? Width, int? Height, long? DurationMs, string NodeId)
{
    public static OutputAnswer From(Guid jobId, JobOutput output) => new(
        output.Filename, output.Subfolder, output.StoragePath, $"/outputs/{jobId}/{Uri.EscapeDataString(output.Filename)}",
        output.Size, output.Sha256, output.ContentType, output.Kind, output.Width, output.Height, output.DurationMs, output.NodeId);
}
