using ComfyGateway.Platform.Events;
using Marten;

namespace ComfyGateway.Jobs.Contracts;

/// <summary>What Jobs asks of the module that runs them.</summary>
public interface IJobQueue
{
    /// <summary>How long to wait before there is room for so many jobs more, or null where there is room now.</summary>
    TimeSpan? FullFor(int jobs);

    /// <summary>Where each of <paramref name="jobs"/> stands: those that neither wait nor run are absent.</summary>
    Task<IReadOnlyDictionary<Guid, LiveJob>> Live(IReadOnlyCollection<OpenJob> jobs, CancellationToken ct);

    /// <summary>How far a run is, or null where it is not known to run.</summary>
    LiveRun? Running(Guid jobId);

    /// <summary>The latest picture of a run, or null where there is none.</summary>
    ValueTask<LivePreview?> Preview(Guid jobId, CancellationToken ct);

    /// <summary>Where jobs stand that were accepted just now. Never throws: they are accepted, whatever can be said of their place.</summary>
    Task<IReadOnlyDictionary<Guid, LiveJob>> Places(IReadOnlyCollection<OpenJob> jobs, CancellationToken ct);

    /// <summary>
    /// Keeps a job from being claimed until <paramref name="session"/>, which has begun its transaction, ends; or, where a slot has it
    /// already, leaves the slot a note that the job is to be canceled.
    /// </summary>
    /// <returns>True where the job waits and can end at once.</returns>
    Task<bool> Withhold(IDocumentSession session, Guid jobId, CancellationToken ct);

    /// <summary>Finds slots with nothing to do for jobs that are about to be accepted: such a job need not wait to be claimed.</summary>
    IHandOff HandOff(IReadOnlyList<JobQueued> jobs);
}

/// <summary>
/// Jobs that slots have from the transaction on that accepts them. Where that fails, or nobody knows whether it did, this is disposed without
/// <see cref="Start"/>, and the slots look themselves what became of it.
/// </summary>
public interface IHandOff : IDisposable
{
    /// <summary>The submission to record with the acceptance of each job that a slot has, by the job's id.</summary>
    IReadOnlyDictionary<Guid, JobSubmitted> Submissions { get; }

    /// <summary>Adds that the slots have them to what <paramref name="statements"/> will commit, after <see cref="JobsQueuing"/>.</summary>
    void Claim(IStatements statements);

    /// <summary>All was committed.</summary>
    /// <param name="jobs">With their submissions applied; those that no slot has are passed over.</param>
    void Start(IEnumerable<Job> jobs);
}

/// <summary>A job that has not ended.</summary>
/// <param name="StartedAt">Null while it waits.</param>
public sealed record OpenJob(Guid JobId, string? WorkflowId, int WorkflowVersion, string? Backend, DateTimeOffset? StartedAt);

/// <summary>What is true of a job only now.</summary>
/// <param name="Position">1 for the next to start; null once it runs.</param>
/// <param name="EtaSeconds">Until its end, from measured run times; null while nothing was measured.</param>
/// <param name="Progress">0 … 100 over the whole graph.</param>
/// <param name="CurrentNode">The node that runs.</param>
public sealed record LiveJob(int? Position, int? EtaSeconds, int Progress, string? CurrentNode);

/// <summary>A run at this moment.</summary>
/// <param name="Progress">0 … 99 over the whole graph.</param>
/// <param name="Node">The node that runs.</param>
/// <param name="Step">Of the node, from 0; null where it tells none.</param>
/// <param name="Preview">The latest picture on the way; without its bytes where another process runs the job. A new picture is a new object.</param>
public sealed record LiveRun(int Progress, string? Node, string? NodeType, int? Step, int? Steps, LivePreview? Preview);

/// <summary>A picture on the way.</summary>
public sealed record LivePreview(string ContentType, ReadOnlyMemory<byte> Image);
