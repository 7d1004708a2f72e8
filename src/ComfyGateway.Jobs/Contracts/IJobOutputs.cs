namespace ComfyGateway.Jobs.Contracts;

/// <summary>What the module that serves files knows of jobs.</summary>
public interface IJobOutputs
{
    /// <summary>The files of a job that the caller may see.</summary>
    /// <exception cref="Platform.Problems.ProblemException">JOB_NOT_FOUND: unknown, or somebody else's.</exception>
    Task<IReadOnlyList<JobOutput>> Find(string jobId, Platform.Http.Caller caller, CancellationToken ct);

    /// <summary>The files of jobs, whoever asks; those that are not known are absent.</summary>
    Task<IReadOnlyDictionary<Guid, JobFiles>> Find(IReadOnlyCollection<Guid> jobIds, CancellationToken ct);
}

/// <summary>What a job has made.</summary>
/// <param name="HasEnded">It will make no more.</param>
public sealed record JobFiles(bool HasEnded, IReadOnlyList<JobOutput> Files);
