using System.Collections.Concurrent;
using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Jobs;
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

    // A cancel can come after its job was last read, and before the preparation is known here.
    private static readonly TimeSpan LongestGap = TimeSpan.FromMinutes(1);
    private const int MaxEarly = 10_000;

    private readonly ConcurrentDictionary<Guid, Preparation> _preparing = new();
    private readonly ConcurrentDictionary<Guid, JobRun> _runs = new();
    private readonly MemoryCache _early = new(new MemoryCacheOptions { SizeLimit = MaxEarly });

    public ActiveRuns(ClusterNotices notices) => notices.On(CancelKind, about =>
    {
        if (Guid.TryParse(about, out var jobId))
        {
            Cancel(jobId);
        }
    });

    /// <summary>The job is on its way to a run. A cancel finds it from now on, however long that way is.</summary>
    public Preparation Prepare(Job job)
    {
        var preparation = new Preparation(ended => _preparing.TryRemove(KeyValuePair.Create(job.Id, ended)));
        _preparing[job.Id] = preparation;
        if (job.IsCancelRequested || _early.TryGetValue(job.Id, out _))
        {
            preparation.Cancel();
        }

        return preparation;
    }

    public void Add(JobRun run, Preparation preparation)
    {
        _runs[run.Job.Id] = run;
        if (preparation.Canceled.IsCancellationRequested)
        {
            run.Want(RunIntent.Cancel);
        }
    }

    public void Remove(JobRun run) => _runs.TryRemove(KeyValuePair.Create(run.Job.Id, run));

    /// <summary>Those that ComfyUI has been sent, or runs.</summary>
    public IReadOnlyList<JobRun> At(Backend backend) => [.. _runs.Values.Where(r => r.Backend == backend && (r.SentAt ?? r.StartedAt) is not null)];

    public void Cancel(Guid jobId)
    {
        // Noted before it is looked for, and the preparation before the run that it becomes: whichever comes first, this or those, the other finds it.
        _early.Set(jobId, true, new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = LongestGap });
        _preparing.GetValueOrDefault(jobId)?.Cancel();
        _runs.GetValueOrDefault(jobId)?.Want(RunIntent.Cancel);
    }

    public void Dispose() => _early.Dispose();

    /// <summary>A job that is being prepared; to be disposed when its run was added, or there is none.</summary>
    public sealed class Preparation(Action<Preparation> end) : IDisposable
    {
        private readonly CancellationTokenSource _canceled = new();

        /// <summary>Nobody wants the job any more.</summary>
        public CancellationToken Canceled => _canceled.Token;

        // Whoever cancels does not wait for what that stops.
        public void Cancel() => _ = _canceled.CancelAsync();

        public void Dispose() => end(this);
    }
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
