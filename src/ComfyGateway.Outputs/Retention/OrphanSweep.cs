using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Outputs.Conversion;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Outputs.Retention;

/// <summary>
/// Deletes files that no job has: of attempts that came to nothing, and of jobs that were archived by a process that died then. Only
/// what is named like an output is looked at; uploads and what others keep in the store are not the sweep's.
/// </summary>
internal sealed partial class OrphanSweep(IFileStore store, IJobOutputs jobs, ILogger<OrphanSweep> logger)
{
    private const int Batch = 500;

    /// <summary>Deletes orphans that were stored before this.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> Sweep(DateTimeOffset storedBefore, CancellationToken ct)
    {
        var count = 0;
        await foreach (var batch in store.List("", ct).Where(f => f.StoredAt < storedBefore && JobOf(f.Path) is not null).Chunk(Batch).WithCancellation(ct))
        {
            var known = await jobs.Find([.. batch.Select(f => JobOf(f.Path)!.Value).Distinct()], ct);
            foreach (var orphan in batch.Where(f => IsOrphan(f.Path, known)))
            {
                await store.Delete(orphan.Path, ct);
                count++;
            }
        }

        if (count > 0)
        {
            LogSwept(logger, count);
        }

        return count;
    }

    // A job that has not ended may be about to record it.
    private static bool IsOrphan(string path, IReadOnlyDictionary<Guid, JobFiles> known) =>
        !known.TryGetValue(JobOf(path)!.Value, out var job)
        || (job.HasEnded && !path.StartsWith(ConvertedImages.Folder, StringComparison.Ordinal) && job.Files.All(f => f.StoragePath != path));

    private static Guid? JobOf(string path) => path.Split('/') switch
    {
        [ConvertedImages.Folder, var id, _] when Guid.TryParse(id, out var jobId) => jobId,
        _ => OutputPath.JobOf(path),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted {Count} stored files that no job has")]
    private static partial void LogSwept(ILogger logger, int count);
}
