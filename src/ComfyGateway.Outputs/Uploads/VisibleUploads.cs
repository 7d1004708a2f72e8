using ComfyGateway.Platform.Http;
using Marten;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>Uploads as a caller may see them: another owner's does not exist.</summary>
internal static class VisibleUploads
{
    public static async Task<Upload?> FindUpload(this IQuerySession session, string id, Caller caller, CancellationToken ct)
    {
        var upload = Guid.TryParse(id, out var known) ? await session.LoadAsync<Upload>(known, ct) : null;
        return upload is not null && caller.MaySee(upload.Owner) ? upload : null;
    }
}
