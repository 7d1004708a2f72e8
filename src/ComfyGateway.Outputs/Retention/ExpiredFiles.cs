using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using MediatR;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Outputs.Retention;

/// <summary>Deletes the files of jobs that are no more. What cannot be deleted now is left to the sweep.</summary>
internal sealed partial class ExpiredFiles(IFileStore store, ILogger<ExpiredFiles> logger) : INotificationHandler<JobsExpired>
{
    public async Task Handle(JobsExpired notification, CancellationToken cancellationToken)
    {
        foreach (var jobId in notification.JobIds)
        {
            try
            {
                await Delete($"{jobId}", cancellationToken);
                await Delete($"{ConvertedImages.Folder}/{jobId}", cancellationToken);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogLeft(logger, jobId, exception.Message);
            }
        }
    }

    private async Task Delete(string folder, CancellationToken ct)
    {
        // Listed first: a folder that changes under an enumeration may show a part of itself.
        foreach (var file in await store.List(folder, ct).ToListAsync(ct))
        {
            await store.Delete(file.Path, ct);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of the archived job {JobId} could not be deleted, and will be swept up: {Reason}")]
    private static partial void LogLeft(ILogger logger, Guid jobId, string reason);
}
