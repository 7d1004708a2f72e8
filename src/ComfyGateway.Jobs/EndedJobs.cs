using System.Text.Json;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Http;
using ComfyGateway.Platform.Json;
using Microsoft.Extensions.Caching.Memory;

namespace ComfyGateway.Jobs;

/// <summary>
/// Answers about jobs that ended, which never change again: clients poll for exactly this answer, most at once, some long after, and it
/// need not be read and written anew each time. Kept from the end on by the gateway that recorded it, and by others from the first
/// question on; the newest tens of thousands.
/// </summary>
internal sealed class EndedJobs : IDisposable
{
    private const long MaxBytes = 32 * 1024 * 1024;
    private const string Forgotten = "job-archived";

    // Should another gateway's word that a job was archived be lost.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    private readonly ClusterNotices _notices;

    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = MaxBytes });

    public EndedJobs(ClusterNotices notices)
    {
        _notices = notices;
        notices.On(Forgotten, about =>
        {
            if (Guid.TryParse(about, out var jobId))
            {
                _answers.Remove(jobId);
            }
        });
    }

    /// <summary>The answer in UTF-8 JSON, or null where it is not kept or not the caller's to see.</summary>
    public ReadOnlyMemory<byte>? Find(Guid jobId, Caller caller) =>
        _answers.TryGetValue(jobId, out Ended? ended) && caller.MaySee(ended!.Owner) ? ended.Answer : default(ReadOnlyMemory<byte>?);

    /// <summary>The answer in UTF-8 JSON, kept from now on where the job has ended.</summary>
    public ReadOnlyMemory<byte> Write(JobView job, LiveJob? live = null)
    {
        var answer = JsonSerializer.SerializeToUtf8Bytes(JobAnswer.From(job, live), ApiJson.Options);
        if (job.HasEnded)
        {
            _answers.Set(job.Id, new Ended(job.Owner, answer), new MemoryCacheEntryOptions { Size = answer.Length, AbsoluteExpirationRelativeToNow = Longest });
        }

        return answer;
    }

    /// <summary>The job was archived: no gateway is to answer for it any more.</summary>
    public void Forget(Guid jobId)
    {
        _answers.Remove(jobId);
        _notices.Send(Forgotten, jobId.ToString());
    }

    public void Dispose() => _answers.Dispose();

    private sealed record Ended(string Owner, byte[] Answer);
}
