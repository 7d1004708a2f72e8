using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Slots;

internal sealed partial class Lane
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Job {JobId}: looking for prompt {PromptId} on {Backend}")]
    private static partial void LogTakenUp(ILogger logger, Guid jobId, string promptId, string backend);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Slot {Slot} cannot reach the database: {Reason}")]
    private static partial void LogNoDatabase(ILogger logger, Slot slot, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Job {JobId} met an unexpected error")]
    private static partial void LogBroken(ILogger logger, Exception exception, Guid jobId);

    [LoggerMessage(Level = LogLevel.Error, Message = "Slot {Slot}: the end of a job was not recorded; the next runner of the slot takes it up")]
    private static partial void LogStuck(ILogger logger, Exception exception, Slot slot);
}
