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
        foreach (var job in notification.Jobs)
        {
            try
            {
                // Listed first: a folder that changes under an enumeration may show a part of itself.
                var converted = await store.List($"{ConvertedImages.Folder}/{job.JobId}", cancellationToken).Select(f => f.Path).ToListAsync(cancellationToken);
                foreach (var path in job.Outputs.Select(o => o.StoragePath).Concat(converted))
                {
                    await store.Delete(path, cancellationToken);
                }
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                LogLeft(logger, job.JobId, exception.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Files of the archived job {JobId} could not be deleted, and will be swept up: {Reason}")]
    private static partial void LogLeft(ILogger logger, Guid jobId, string reason);
}
