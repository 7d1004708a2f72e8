using ComfyGateway.Dispatch.Queue;
using ComfyGateway.Jobs;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Settings;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>Whether a failed attempt is the job's end, and when the next begins if not.</summary>
internal sealed class RetryPolicy(GatewaySettings settings, TimeProvider clock)
{
    private const string BackToQueue = $"update {QueueTable.Name} set slot = null, not_before = ?, avoid = ? where job_id = ?";

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <param name="progress">How far the attempt was.</param>
    public (IEnumerable<object> Events, Action<IStatements>? Alongside) Decide(Job job, JobError error, int progress = 0)
    {
        var now = clock.GetUtcNow();
        if (job.IsFinished || !error.Retryable || job.Attempts >= settings.MaxAttempts)
        {
            return (job.Fail(error, now, progress), null);
        }

        if (job.IsCancelRequested)
        {
            // It would wait for a backend only to be canceled there.
            return (job.Cancel(now, progress), null);
        }

        var notBefore = now + Backoff(job.Attempts, Random.Shared.NextDouble());
        return (job.Requeue(error, notBefore, now), statements => statements.Add(BackToQueue, notBefore, (object?)job.Backend ?? DBNull.Value, job.Id));
    }

    /// <summary>1 s, 2 s, 4 s … 30 s, of which the last quarter is chance.</summary>
    internal static TimeSpan Backoff(int attempts, double chance)
    {
        var full = TimeSpan.FromSeconds(Math.Min(Longest.TotalSeconds, Math.Pow(2, Math.Clamp(attempts - 1, 0, 10))));
        return full * (1 + (0.25 * (chance - 0.5)));
    }
}
