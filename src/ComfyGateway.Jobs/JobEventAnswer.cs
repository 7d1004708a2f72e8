using System.Text.Json;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Jobs;

/// <summary>An event as subscribers see it. What is the gateway's own business has none.</summary>
internal sealed record JobEventAnswer(string Type, string Json)
{
    public static JobEventAnswer? From(Guid jobId, object e) => e switch
    {
        JobQueued => New("queued", new { jobId, status = JobStatus.Queued }),
        JobStarted started => New("started", new { jobId, status = JobStatus.Running, at = started.At }),
        JobNodeFinished node => New("node", new { jobId, node = node.NodeId, nodeType = node.NodeType, at = node.At }),
        JobOutputStored stored => New("output", OutputAnswer.From(jobId, stored.Output)),
        JobRequeued requeued => New("requeued", new { jobId, status = JobStatus.Queued, reason = ErrorAnswer.From(requeued.Reason), notBefore = requeued.NotBefore }),
        JobSucceeded succeeded => New("succeeded", new { jobId, status = JobStatus.Succeeded, at = succeeded.At }),
        JobFailed failed => New("failed", new { jobId, status = JobStatus.Failed, error = ErrorAnswer.From(failed.Error), at = failed.At }),
        JobCanceled canceled => New("canceled", new { jobId, status = JobStatus.Canceled, at = canceled.At }),
        _ => null,
    };

    /// <summary>What of a run is news to somebody who was told <paramref name="before"/>.</summary>
    public static IEnumerable<JobEventAnswer> Ticks(Guid jobId, LiveRun? before, LiveRun? now)
    {
        if (now is null)
        {
            yield break;
        }

        if (now with { Preview = null } != (before ?? now with { Progress = -1 }) with { Preview = null })
        {
            yield return New("progress", new { progress = now.Progress, node = now.Node, nodeType = now.NodeType, step = now.Step, steps = now.Steps });
        }

        if (now.Preview is not null && !ReferenceEquals(now.Preview, before?.Preview))
        {
            yield return New("preview", new { url = $"/jobs/{jobId}/preview" });
        }
    }

    private static JobEventAnswer New(string type, object data) => new(type, JsonSerializer.Serialize(data, ApiJson.Options));
}
