using System.Collections.ObjectModel;
using System.Text.Json;
using ComfyGateway.Platform.Json;

namespace ComfyGateway.Jobs;

/// <summary>What happened to a job.</summary>
public interface IJobEvent
{
    /// <summary>When, by the gateway's clock; recorded a moment later.</summary>
    DateTimeOffset At { get; }
}

/// <summary>A job was accepted. The only event that holds what the client asked for, so that masking has one target.</summary>
/// <param name="WorkflowId">Null for an inline graph, which is then in <paramref name="InlineWorkflow"/>.</param>
/// <param name="Inputs">All values, defaults and seed included.</param>
/// <param name="TimeoutMs">Longest run on the GPU, in milliseconds.</param>
public sealed record JobQueued(
    Guid JobId, string? WorkflowId, int WorkflowVersion, JsonText? InlineWorkflow, string Owner,
    IReadOnlyDictionary<string, JsonElement> Inputs, ulong? Seed, int Priority, int TimeoutMs, bool UseCache,
    JsonElement? Metadata, string CorrelationId, DateTimeOffset At) : IJobEvent
{
    /// <summary>The models that a backend must load for it; empty where it needs none, and in events older than this member.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>The files that inputs stand for, by the input's name.</summary>
    public IReadOnlyDictionary<string, JobFile> Files { get; init; } = ReadOnlyDictionary<string, JobFile>.Empty;

    /// <summary>How the files are to be kept; null for as ComfyUI made them.</summary>
    public OutputWish? Output { get; init; }
}

/// <summary>A file that a job needs as input.</summary>
/// <param name="StoragePath">Where the store keeps it.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Name">What it is called on every ComfyUI, of its content and so the same for the same bytes.</param>
public sealed record JobFile(Guid UploadId, string StoragePath, string Sha256, string Name);

/// <summary>The prompt is about to be sent: recorded before, so that after a crash the record says where to look for it.</summary>
/// <param name="Attempt">1 for the first submission.</param>
public sealed record JobSubmitted(int Attempt, string Backend, string PromptId, DateTimeOffset At) : IJobEvent;

/// <summary>ComfyUI began to execute the prompt.</summary>
public sealed record JobStarted(DateTimeOffset At) : IJobEvent;

/// <summary>A node of the graph ended.</summary>
public sealed record JobNodeFinished(string NodeId, string? NodeType, DateTimeOffset At) : IJobEvent;

/// <summary>An output is in the store, whole.</summary>
public sealed record JobOutputStored(JobOutput Output, DateTimeOffset At) : IJobEvent;

/// <summary>The job ended well.</summary>
public sealed record JobSucceeded(DateTimeOffset At) : IJobEvent;

/// <summary>The job ended with an error.</summary>
public sealed record JobFailed(JobError Error, DateTimeOffset At) : IJobEvent
{
    /// <summary>How far it was, 0 … 99 over the whole graph; 0 in events older than this member.</summary>
    public int Progress { get; init; }
}

/// <summary>An attempt came to nothing for a reason that may pass; the job waits for the next.</summary>
public sealed record JobRequeued(JobError Reason, DateTimeOffset NotBefore, DateTimeOffset At) : IJobEvent;

/// <summary>
/// The prompt was taken back from ComfyUI's queue before it ran, for a job that goes first or for a slot that was idle; or the backend lacks something
/// for it, and took nothing of it or only a part, which was stopped.
/// </summary>
public sealed record JobRecalled(string Reason, DateTimeOffset At) : IJobEvent;

/// <summary>Somebody asked for the end of a job that is on a backend already.</summary>
public sealed record JobCancelRequested(string Actor, DateTimeOffset At) : IJobEvent;

/// <summary>The job ended because somebody asked for it.</summary>
public sealed record JobCanceled(DateTimeOffset At) : IJobEvent
{
    /// <summary>How far it was, 0 … 99 over the whole graph; 0 in events older than this member.</summary>
    public int Progress { get; init; }
}

/// <summary>A stored file that a job made.</summary>
/// <param name="Filename">ComfyUI's own name without its folder; unique within the job.</param>
/// <param name="Subfolder">ComfyUI's folder, empty for none.</param>
/// <param name="StoragePath">Where the store keeps it.</param>
/// <param name="Size">In bytes.</param>
/// <param name="Sha256">Lower-case hex.</param>
/// <param name="Kind"><c>image</c>, <c>video</c>, <c>audio</c>, <c>text</c>, <c>model</c> or <c>file</c>.</param>
/// <param name="Width">In pixels, for images whose header says it.</param>
/// <param name="Height">In pixels, for images whose header says it.</param>
/// <param name="DurationMs">In milliseconds, for videos and sound whose header says it.</param>
public sealed record JobOutput(
    string Filename, string Subfolder, string StoragePath, long Size, string Sha256, string ContentType, string Kind,
    int? Width, int? Height, string NodeId, DateTimeOffset StoredAt, long? DurationMs = null);

/// <summary>Why a job, or an attempt, failed.</summary>
/// <param name="Code">A code of the API, e.g. <c>COMFYUI_NODE_ERROR</c>.</param>
/// <param name="Recommendation">What the client may do about it.</param>
/// <param name="Attempts">Submissions that reached ComfyUI.</param>
public sealed record JobError(
    string Code, string Message, bool Retryable, string? Recommendation, string? NodeId, string? NodeType, int Attempts);
