namespace ComfyGateway.Outputs;

/// <summary>A client's file is in the store, whole and of a kind that is accepted.</summary>
/// <param name="Filename">As the client called it, made safe.</param>
/// <param name="ContentType">Of its content, whatever was said of it.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="StoragePath">Where the store keeps it.</param>
public sealed record UploadStored(
    Guid UploadId, string Owner, string Filename, string ContentType, long Size, string Sha256, string StoragePath, DateTimeOffset At);

/// <summary>Somebody deleted it: the id is unknown from now on. Jobs that were accepted with it still run.</summary>
public sealed record UploadDeleted(DateTimeOffset At);

/// <summary>No job needed it for too long.</summary>
public sealed record UploadExpired(DateTimeOffset At);
