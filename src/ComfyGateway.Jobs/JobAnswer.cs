using System.Text.Json;
using ComfyGateway.Jobs.Contracts;

namespace ComfyGateway.Jobs;

/// <summary>A job as the API shows it.</summary>
internal sealed record JobAnswer(
    Guid JobId, JobStatus Status, string? WorkflowId, int WorkflowVersion, int Progress, int Priority,
    int? Position, int? EtaSeconds, string? CurrentNode, bool CacheHit, string? Backend, int Attempts, ulong? Seed, string Owner, string CorrelationId,
    IReadOnlyList<OutputAnswer> Outputs, ErrorAnswer? Error, TimingAnswer Timing, JsonElement? Metadata)
{
    private const int Complete = 100;

    public static JobAnswer From(JobView job, LiveJob? live) => new(
        job.Id, job.Status, job.WorkflowId, job.WorkflowVersion,
        job.Status == JobStatus.Succeeded ? Complete : live?.Progress ?? job.Progress,
        job.Priority, job.Status == JobStatus.Queued ? live?.Position : null, live?.EtaSeconds,
        job.Status == JobStatus.Running ? live?.CurrentNode : null,
        CacheHit: false, job.Backend, job.Attempts, job.Seed, job.Owner, job.CorrelationId,
        [.. job.Outputs.Select(o => OutputAnswer.From(job.Id, o))],
        job.Error is { } error ? ErrorAnswer.From(error) : null,
        TimingAnswer.From(job), job.Metadata);
}

internal sealed record ErrorAnswer(string Code, string Message, bool Retryable, string? Recommendation, string? NodeId, string? NodeType, int Attempts)
{
    public static ErrorAnswer From(JobError e) => new(e.Code, e.Message, e.Retryable, e.Recommendation, e.NodeId, e.NodeType, e.Attempts);
}

/// <summary>Times of a job; durations in milliseconds.</summary>
internal sealed record TimingAnswer(
    DateTimeOffset CreatedAt, DateTimeOffset? StartedAt, DateTimeOffset? CompletedAt, long? QueueTimeMs, long? ExecutionTimeMs)
{
    public static TimingAnswer From(JobView job) => new(
        job.CreatedAt, job.StartedAt, job.CompletedAt,
        (long?)(job.StartedAt - job.CreatedAt)?.TotalMilliseconds,
        (long?)(job.CompletedAt - job.StartedAt)?.TotalMilliseconds);
}
