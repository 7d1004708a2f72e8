using System.Globalization;
using ComfyGateway.Platform.Problems;
using Marten;
using Microsoft.Extensions.Hosting;

namespace ComfyGateway.Jobs;

/// <summary>Holds a request until a job ends or the client's patience does.</summary>
internal sealed class JobWait(IDocumentStore store, JobChanges changes, TimeProvider clock, IHostApplicationLifetime lifetime)
{
    /// <summary>More than this counts as this.</summary>
    public const int MaxSeconds = 60;

    // Notices wake at once; this is for those that are lost.
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);

    /// <summary>The seconds of <c>?wait=</c>; 0 where it is absent.</summary>
    /// <exception cref="ProblemException">It is not a whole number of 0 or more.</exception>
    public static int Seconds(string? wait) => wait switch
    {
        null => 0,
        _ when Whole(wait) is { } seconds => seconds,
        _ => throw ProblemException.Invalid("wait", $"must be a whole number of seconds from 0 to {MaxSeconds}"),
    };

    /// <summary>The seconds of <c>Prefer: wait=</c>; 0 where there is none that makes sense, since a preference may be passed over.</summary>
    public static int Preferred(IEnumerable<string?> prefer) => prefer
        .SelectMany(p => (p ?? "").Split([',', ';'], StringSplitOptions.TrimEntries))
        .Select(p => p.Split('=', 2, StringSplitOptions.TrimEntries))
        .Where(p => p is [var name, _] && name.Equals("wait", StringComparison.OrdinalIgnoreCase))
        .Select(p => Whole(p[1].Trim('"')) ?? 0)
        .FirstOrDefault();

    /// <summary>The job when it has ended, or as it is after <paramref name="seconds"/>; null where there is none, or it cannot be read then.</summary>
    public async Task<JobView?> ForEnd(Guid jobId, int seconds, CancellationToken ct)
    {
        var end = clock.GetUtcNow() + TimeSpan.FromSeconds(seconds);
        while (true)
        {
            var change = changes.Next(jobId);
            var (isKnown, job) = await Look(jobId, ct);
            if (isKnown && job is null or { HasEnded: true })
            {
                changes.Wake(jobId);
                return job;
            }

            if (clock.GetUtcNow() >= end || lifetime.ApplicationStopping.IsCancellationRequested)
            {
                return job;
            }

            using var stopping = CancellationTokenSource.CreateLinkedTokenSource(ct, lifetime.ApplicationStopping);
            await Task.WhenAny(change, Task.Delay(Pause(end - clock.GetUtcNow()), clock, stopping.Token));
            ct.ThrowIfCancellationRequested();
        }
    }

    /// <summary>While the database is away the wait goes on: who waits has a job, and is not to be told that nothing was accepted.</summary>
    private async Task<(bool IsKnown, JobView? Job)> Look(Guid jobId, CancellationToken ct)
    {
        try
        {
            await using var session = store.QuerySession();
            return (true, await session.LoadAsync<JobView>(jobId, ct));
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            return (false, null);
        }
    }

    /// <summary>The number, at most <see cref="MaxSeconds"/> however many digits it has; null where it is none.</summary>
    private static int? Whole(string text) => text.Length > 0 && text.All(char.IsAsciiDigit)
        ? (int)Math.Min(double.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture), MaxSeconds)
        : null;

    private static TimeSpan Pause(TimeSpan left) => left < LookAnyway ? TimeSpan.FromTicks(Math.Max(0, left.Ticks)) : LookAnyway;
}
