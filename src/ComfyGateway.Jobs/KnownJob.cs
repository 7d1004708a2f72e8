namespace ComfyGateway.Jobs;

/// <summary>A job as decisions and as readers see it, both after the same events.</summary>
internal sealed record KnownJob(Job Job, JobView View)
{
    /// <summary>How many events it is made of.</summary>
    public int Version => View.Version;

    public static KnownJob Of(JobQueued queued) => new(Job.Create(queued), JobView.Create(queued) with { Version = 1 });

    /// <summary>The job that the events of a stream make; null for none.</summary>
    public static KnownJob? Of(IEnumerable<object> events) =>
        events.Aggregate(default(KnownJob), (known, e) => known is null ? Of((JobQueued)e) : known.After(e));

    public KnownJob After(object e) => new(Job.After(e), View.After(e) with { Version = Version + 1 });
}
