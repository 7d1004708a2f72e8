using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Http;
using Marten;

namespace ComfyGateway.Jobs;

/// <summary>Jobs as a caller may see them: another owner's does not exist.</summary>
internal static class VisibleJobs
{
    public static async Task<JobView> FindJob(this IQuerySession session, string jobId, Caller caller, CancellationToken ct)
    {
        var job = Guid.TryParse(jobId, out var id) ? await session.LoadAsync<JobView>(id, ct) : null;
        return job is not null && caller.MaySee(job.Owner) ? job : throw JobProblems.NotFound(jobId);
    }
}

internal sealed class JobOutputs(IDocumentStore store) : IJobOutputs
{
    public async Task<IReadOnlyList<JobOutput>> Find(string jobId, Caller caller, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return (await session.FindJob(jobId, caller, ct)).Outputs;
    }

    public async Task<IReadOnlyDictionary<Guid, JobFiles>> Find(IReadOnlyCollection<Guid> jobIds, CancellationToken ct)
    {
        await using var session = store.QuerySession();
        return (await session.LoadManyAsync<JobView>(ct, [.. jobIds])).ToDictionary(j => j.Id, j => new JobFiles(j.HasEnded, j.Outputs));
    }
}
