using System.Text.Json;
using System.Text.Json.Serialization;

namespace ComfyGateway.Jobs;

/// <summary>A job as readers see it, kept up to date in the transaction of each event. Holds no input of the client but its metadata.</summary>
public sealed record JobView(
    Guid Id, string Owner, JobStatus Status, string? WorkflowId, int WorkflowVersion, int Priority, ulong? Seed,
    JsonElement? Metadata, string CorrelationId, DateTimeOffset CreatedAt)
{
    public int Version { get; set; }

    public string? Backend { get; init; }

    public int Attempts { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public IReadOnlyList<JobOutput> Outputs { get; init; } = [];

    public JobError? Error { get; init; }

    /// <summary>How far a job was that did not succeed; while it runs, whoever runs it knows.</summary>
    public int Progress { get; init; }

    [JsonIgnore]
    public bool HasEnded => Status is JobStatus.Succeeded or JobStatus.Failed or JobStatus.Canceled;

    /// <summary>The job with <paramref name="e"/> applied, as Marten would apply it. Not named Evolve: Marten would take it for its own.</summary>
    public JobView After(object e) => e switch
    {
        JobSubmitted submitted => Apply(submitted),
        JobStarted started => Apply(started),
        JobOutputStored stored => Apply(stored),
        JobRequeued requeued => Apply(requeued),
        JobRecalled recalled => Apply(recalled),
        JobSucceeded succeeded => Apply(succeeded),
        JobFailed failed => Apply(failed),
        JobCanceled canceled => Apply(canceled),
        _ => this,
    };

    public static JobView Create(JobQueued e) =>
        new(e.JobId, e.Owner, JobStatus.Queued, e.WorkflowId, e.WorkflowVersion, e.Priority, e.Seed, e.Metadata, e.CorrelationId, e.At);

    public JobView Apply(JobSubmitted e) => this with { Backend = e.Backend, Attempts = e.Attempt };

    public JobView Apply(JobStarted e) => this with { Status = JobStatus.Running, StartedAt = e.At };

    public JobView Apply(JobOutputStored e) => this with { Outputs = [.. Outputs, e.Output] };

    public JobView Apply(JobRequeued _) => this with { Status = JobStatus.Queued, Backend = null, StartedAt = null };

    public JobView Apply(JobRecalled _) => this with { Status = JobStatus.Queued, Backend = null, Attempts = Attempts - 1, StartedAt = null };

    public JobView Apply(JobSucceeded e) => this with { Status = JobStatus.Succeeded, CompletedAt = e.At };

    public JobView Apply(JobFailed e) => this with { Status = JobStatus.Failed, CompletedAt = e.At, Error = e.Error, Progress = e.Progress };

    public JobView Apply(JobCanceled e) => this with { Status = JobStatus.Canceled, CompletedAt = e.At, Progress = e.Progress };
}
