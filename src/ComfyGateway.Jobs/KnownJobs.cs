using System.Runtime.InteropServices;
using Microsoft.Extensions.Caching.Memory;

namespace ComfyGateway.Jobs;

/// <summary>
/// The jobs that this process is likely to write about next, as it left them: so the next append need not read what the last one wrote.
/// What another process wrote meanwhile shows as a conflict of versions when it matters, and the job is then read.
/// </summary>
internal sealed class KnownJobs : IDisposable
{
    private const long MaxBytes = 32 * 1024 * 1024;

    // What an entry takes beside the job's own text.
    private const int Overhead = 2048;

    private static readonly TimeSpan Unused = TimeSpan.FromMinutes(10);

    // Where it is full a new job is not kept: jobs run in the order they come in, so those that are known longest are needed first. To
    // make room would be to look through all of them.
    private readonly MemoryCache _jobs = new(new MemoryCacheOptions { SizeLimit = MaxBytes, CompactionPercentage = 0 });

    public KnownJob? Find(Guid jobId) => _jobs.TryGetValue(jobId, out KnownJob? known) ? known : null;

    /// <summary>Keeps a job that may go on; one that has ended is never written about again.</summary>
    public void Keep(KnownJob known)
    {
        if (known.Job.IsFinished)
        {
            _jobs.Remove(known.Job.Id);
            return;
        }

        _jobs.Set(known.Job.Id, known, new MemoryCacheEntryOptions { Size = SizeOf(known.Job), SlidingExpiration = Unused });
    }

    public void Forget(Guid jobId) => _jobs.Remove(jobId);

    public void Dispose() => _jobs.Dispose();

    private static long SizeOf(Job job) =>
        Overhead + ((job.InlineWorkflow?.Text.Length ?? 0) * sizeof(char)) + job.Inputs.Values.Sum(value => JsonMarshal.GetRawUtf8Value(value).Length);
}
