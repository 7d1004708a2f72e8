using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Jobs;

public enum JobStatus { Queued, Running, Succeeded, Failed, Canceled }

/// <summary>What a decision about a job needs to know. Views for readers are separate projections.</summary>
public sealed record Job(
    Guid Id, string? WorkflowId, int WorkflowVersion, JsonText? InlineWorkflow, string Owner,
    IReadOnlyDictionary<string, JsonElement> Inputs, int TimeoutMs, string CorrelationId, JobStatus Status)
{
    /// <summary>The models that a backend must load for it.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The files that inputs stand for, by the input's name.</summary>
    public IReadOnlyDictionary<string, JobFile> Files { get; init; } = ReadOnlyDictionary<string, JobFile>.Empty;

    /// <summary>Submissions so far.</summary>
    public int Attempts { get; init; }

    /// <summary>The prompt of the newest submission, or null before the first.</summary>
    public string? PromptId { get; init; }

    /// <summary>The backend of the newest submission.</summary>
    public string? Backend { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>The nodes of which it is recorded that they ended in this attempt.</summary>
    public ImmutableHashSet<string> FinishedNodes { get; init; } = [];

    /// <summary>In what form its images are kept; null for as they are.</summary>
    public OutputWish? Output { get; init; }

    public bool IsCancelRequested { get; init; }

    public bool IsFinished => Status is JobStatus.Succeeded or JobStatus.Failed or JobStatus.Canceled;

    // Decisions: state in, events out. They never change the job.

    public IEnumerable<object> Submit(string backend, string promptId, DateTimeOffset now) =>
        Unless(IsFinished || PromptId == promptId, new JobSubmitted(Attempts + 1, backend, promptId, now));

    /// <summary>Tells once per attempt that the GPU has it, however often that is noticed.</summary>
    public IEnumerable<object> Start(DateTimeOffset now) => Unless(IsFinished || Status == JobStatus.Running, new JobStarted(now));

    /// <summary>Tells once per attempt of each node that ended, however often that is noticed.</summary>
    public IEnumerable<object> FinishNodes(IEnumerable<JobNodeFinished> nodes) => IsFinished ? [] : nodes.Where(n => !FinishedNodes.Contains(n.NodeId));

    public IEnumerable<object> Succeed(IEnumerable<JobOutput> outputs, DateTimeOffset now) => IsFinished
        ? []
        : [.. Start(now), .. outputs.Select(o => new JobOutputStored(o, now)), new JobSucceeded(now)];

    /// <param name="progress">How far the attempt was.</param>
    public IEnumerable<object> Fail(JobError error, DateTimeOffset now, int progress = 0) =>
        Unless(IsFinished, new JobFailed(error with { Attempts = Attempts }, now) { Progress = progress });

    public IEnumerable<object> Requeue(JobError reason, DateTimeOffset notBefore, DateTimeOffset now) =>
        Unless(IsFinished, new JobRequeued(reason with { Attempts = Attempts }, notBefore, now));

    /// <summary>Takes the prompt back before the GPU had it, or all of it: the job waits again, in its old place.</summary>
    public IEnumerable<object> Recall(string reason, DateTimeOffset now) => Unless(IsFinished || PromptId is null, new JobRecalled(reason, now));

    public IEnumerable<object> RequestCancel(string actor, DateTimeOffset now) =>
        Unless(IsFinished || IsCancelRequested, new JobCancelRequested(actor, now));

    /// <param name="progress">How far the attempt was.</param>
    public IEnumerable<object> Cancel(DateTimeOffset now, int progress = 0) => Unless(IsFinished, new JobCanceled(now) { Progress = progress });

    /// <summary>The job with <paramref name="e"/> applied. Not named Evolve: Marten would take it for its own way to build the job.</summary>
    public Job After(object e) => e switch
    {
        JobSubmitted submitted => Apply(submitted),
        JobStarted started => Apply(started),
        JobNodeFinished node => Apply(node),
        JobRequeued requeued => Apply(requeued),
        JobRecalled recalled => Apply(recalled),
        JobCancelRequested requested => Apply(requested),
        JobSucceeded succeeded => Apply(succeeded),
        JobFailed failed => Apply(failed),
        JobCanceled canceled => Apply(canceled),
        _ => this,
    };

    // Evolution: event in, next state out. No rules, no clock, no I/O.

    public static Job Create(JobQueued e) =>
        new(e.JobId, e.WorkflowId, e.WorkflowVersion, e.InlineWorkflow, e.Owner, e.Inputs, e.TimeoutMs, e.CorrelationId, JobStatus.Queued)
        {
            Models = e.Models,
            Files = e.Files,
            Output = e.Output,
        };

    public Job Apply(JobSubmitted e) => this with { Attempts = e.Attempt, Backend = e.Backend, PromptId = e.PromptId, FinishedNodes = [] };

    public Job Apply(JobStarted e) => this with { Status = JobStatus.Running, StartedAt = e.At };

    public Job Apply(JobNodeFinished e) => this with { FinishedNodes = FinishedNodes.Add(e.NodeId) };

    public Job Apply(JobRequeued _) => this with { Status = JobStatus.Queued, PromptId = null, Backend = null, StartedAt = null };

    public Job Apply(JobRecalled _) =>
        this with { Status = JobStatus.Queued, Attempts = Attempts - 1, PromptId = null, Backend = null, StartedAt = null };

    public Job Apply(JobCancelRequested _) => this with { IsCancelRequested = true };

    public Job Apply(JobSucceeded _) => this with { Status = JobStatus.Succeeded };

    public Job Apply(JobFailed _) => this with { Status = JobStatus.Failed };

    public Job Apply(JobCanceled _) => this with { Status = JobStatus.Canceled };

    private static IEnumerable<object> Unless(bool condition, object decided) => condition ? [] : [decided];
}
