namespace ComfyGateway.Outputs;

/// <summary>A file that a client may use as input. There is a document of it as long as it can be used; its events stay.</summary>
public sealed record Upload(
    Guid Id, string Owner, string Filename, string ContentType, long Size, string Sha256, string StoragePath, DateTimeOffset StoredAt)
{
    public int Version { get; set; }

    public static Upload Create(UploadStored e) =>
        new(e.UploadId, e.Owner, e.Filename, e.ContentType, e.Size, e.Sha256, e.StoragePath, e.At);

    public static bool ShouldDelete(UploadDeleted _) => true;

    public static bool ShouldDelete(UploadExpired _) => true;
}
