using System.Runtime.InteropServices;
using Microsoft.Extensions.Caching.Memory;

namespace ComfyGateway.Jobs;

/// <summary>
/// The jobs that this process is likely to write about next, as it left them: so the next append need not read what the last one wrote.
/// What another process wrote meanwhile shows as a conflict of versions when it matters, and the job is then read.
/// </summary>
/// <remarks>
/// Of a job that nothing has happened to yet, which is nearly all of them, only the text of its event is kept: one object, where the job would be
/// dozens, which the garbage collector follows and moves while every request waits for it.
/// </remarks>
internal sealed class KnownJobs(JobStreams streams) : IDisposable
{
    private const long MaxBytes = 32 * 1024 * 1024;

    // What an entry takes beside its text, and what a job takes beside its own.
    private const int EntryOverhead = 512;
    private const int JobOverhead = 2048;

    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);

    // Where it is full a new job is not kept: jobs run in the order they come in, so those that are known longest are needed first. To
    // make room would be to look through all of them.
    private readonly MemoryCache _jobs = new(new MemoryCacheOptions { SizeLimit = MaxBytes, CompactionPercentage = 0 });

    public KnownJob? Find(Guid jobId) => _jobs.Get(jobId) switch
    {
        KnownJob known => known,
        byte[] queued => KnownJob.Of(streams.Read(queued)),
        _ => null,
    };

    /// <summary>Keeps a job that was accepted.</summary>
    /// <param name="queued">The text of its event.</param>
    public void Keep(Guid jobId, byte[] queued) => Keep(jobId, queued, EntryOverhead + queued.Length);

    /// <summary>Keeps a job that may go on; one that has ended is never written about again.</summary>
    public void Keep(KnownJob known)
    {
        if (known.Job.IsFinished)
        {
            _jobs.Remove(known.Job.Id);
            return;
        }

        Keep(known.Job.Id, known, SizeOf(known.Job));
    }

    public void Forget(Guid jobId) => _jobs.Remove(jobId);

    public void Dispose() => _jobs.Dispose();

    private void Keep(Guid jobId, object value, long size)
    {
        using var entry = _jobs.CreateEntry(jobId);
        (entry.Value, entry.Size, entry.SlidingExpiration) = (value, size, Unused);
    }

    private static long SizeOf(Job job) =>
        JobOverhead + ((job.InlineWorkflow?.Text.Length ?? 0) * sizeof(char)) + job.Inputs.Values.Sum(value => JsonMarshal.GetRawUtf8Value(value).Length);
}
