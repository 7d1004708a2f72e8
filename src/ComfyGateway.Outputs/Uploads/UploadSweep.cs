using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using Marten;
using Microsoft.Extensions.Logging;
using Quartz;

namespace ComfyGateway.Outputs.Uploads;

/// <summary>
/// Ends uploads that no job has needed for <c>UPLOAD_TTL_SECONDS</c>, and deletes files that nothing is recorded of: those that a crash left, and those
/// whose upload was deleted while a job still needed them.
/// </summary>
[DisallowConcurrentExecution]
internal sealed partial class UploadSweep(IDocumentStore documents, IFileStore store, UploadUses uses, UploadLifetime lifetime, ILogger<UploadSweep> logger) : IJob
{
    private const int Batch = 200;
    private const string Actor = "gateway";

    public async ValueTask Execute(IJobExecutionContext context, CancellationToken cancellationToken = default)
    {
        var cutoff = lifetime.Cutoff;
        await uses.ForgetUses(cutoff, cancellationToken);
        await Expire(cutoff, cancellationToken);
        await DeleteForgotten(cancellationToken);
    }

    private async Task Expire(DateTimeOffset cutoff, CancellationToken ct)
    {
        List<Guid> unused;
        do
        {
            unused = await uses.UnusedSince(cutoff, Batch, ct);
            foreach (var id in unused)
            {
                await Expire(id, ct);
            }
        }
        while (unused.Count == Batch);
    }

    private async Task Expire(Guid id, CancellationToken ct)
    {
        await using var session = documents.LightweightSession();
        session.LastModifiedBy = Actor;
        var stream = await session.Events.FetchForWriting<Upload>(id, ct);
        if (stream.Aggregate is not { } upload)
        {
            return;
        }

        stream.AppendOne(new UploadExpired(lifetime.Now));
        try
        {
            await session.SaveChangesAsync(ct);
        }
        catch (Exception exception) when (DatabaseFailure.IsConflict(exception))
        {
            // Its owner deleted it at the same moment.
            return;
        }

        LogExpired(logger, id);
        if (!await uses.IsNeeded(id, ct))
        {
            await store.Delete(upload.StoragePath, ct);
        }
    }

    private async Task DeleteForgotten(CancellationToken ct)
    {
        var batch = new List<Guid>(Batch);
        await foreach (var file in store.List(UploadIntake.Folder, ct))
        {
            if (file.StoredAt < lifetime.Settled && Guid.TryParse(file.Path[(UploadIntake.Folder.Length + 1)..], out var id))
            {
                batch.Add(id);
            }

            if (batch.Count == Batch)
            {
                await Delete(batch, ct);
                batch.Clear();
            }
        }

        await Delete(batch, ct);
    }

    private async Task Delete(List<Guid> candidates, CancellationToken ct)
    {
        foreach (var id in candidates.Count == 0 ? [] : await uses.Forgotten([.. candidates], ct))
        {
            LogForgotten(logger, id);
            await store.Delete($"{UploadIntake.Folder}/{id}", ct);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Upload {UploadId} expired: no job needed it")]
    private static partial void LogExpired(ILogger logger, Guid uploadId);

    [LoggerMessage(Level = LogLevel.Information, Message = "Deleted the file of {UploadId}, of which nothing is recorded")]
    private static partial void LogForgotten(ILogger logger, Guid uploadId);
}

/// <summary>How long uploads are kept, in terms of now.</summary>
internal sealed class UploadLifetime(GatewaySettings settings, TimeProvider clock)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    // A file is recorded within seconds after it was stored.
    private static readonly TimeSpan Settling = TimeSpan.FromMinutes(10);

    /// <summary>How often to look.</summary>
    public static TimeSpan IntervalOf(GatewaySettings settings) =>
        TimeSpan.FromSeconds(Math.Clamp(settings.UploadTtlSeconds / 10.0, Shortest.TotalSeconds, Longest.TotalSeconds));

    public DateTimeOffset Now => clock.GetUtcNow();

    /// <summary>What was stored and last used before this has expired.</summary>
    public DateTimeOffset Cutoff => Now - TimeSpan.FromSeconds(settings.UploadTtlSeconds);

    /// <summary>What was stored before this is recorded by now, or never will be.</summary>
    public DateTimeOffset Settled => Now - Settling;
}
