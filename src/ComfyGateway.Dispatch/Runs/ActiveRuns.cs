using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs.Contracts;
using ComfyGateway.Platform.Events;
using MediatR;
using Microsoft.Extensions.Caching.Memory;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>The runs of this process, by job.</summary>
internal sealed class ActiveRuns : IDisposable
{
    /// <summary>The kind of notice that tells other gateways of a cancel.</summary>
    public const string CancelKind = "cancel";

    // A cancel can come while the run that it means is being prepared.
    private static readonly TimeSpan LongestPreparation = TimeSpan.FromMinutes(1);
    private const int MaxEarly = 10_000;

    private readonly ConcurrentDictionary<Guid, JobRun> _runs = new();
    private readonly MemoryCache _early = new(new MemoryCacheOptions { SizeLimit = MaxEarly });

    public ActiveRuns(ClusterNotices notices) => notices.On(CancelKind, about =>
    {
        if (Guid.TryParse(about, out var jobId))
        {
            Cancel(jobId);
        }
    });

    public void Add(JobRun run)
    {
        _runs[run.Job.Id] = run;
        if (_early.TryGetValue(run.Job.Id, out _))
        {
            run.Want(RunIntent.Cancel);
        }
    }

    public void Remove(JobRun run) => _runs.TryRemove(KeyValuePair.Create(run.Job.Id, run));

    /// <summary>Those that ComfyUI has been sent, or runs.</summary>
    public IReadOnlyList<JobRun> At(Backend backend) => [.. _runs.Values.Where(r => r.Backend == backend && (r.SentAt ?? r.StartedAt) is not null)];

    public void Cancel(Guid jobId)
    {
        // Noted before it is looked for: whichever comes first, this or the run, the other finds it.
        _early.Set(jobId, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = LongestPreparation });
        _runs.GetValueOrDefault(jobId)?.Want(RunIntent.Cancel);
    }

    public void Dispose() => _early.Dispose();
}

/// <summary>A cancel that was committed here reaches a run at once, here or on another gateway; should that be lost, the lane finds the note.</summary>
internal sealed class CancelRun(ActiveRuns runs, ClusterNotices notices) : INotificationHandler<JobCancelNoted>
{
    public Task Handle(JobCancelNoted notification, CancellationToken cancellationToken)
    {
        runs.Cancel(notification.JobId);
        notices.Send(ActiveRuns.CancelKind, notification.JobId.ToString());
        return Task.CompletedTask;
    }
}
