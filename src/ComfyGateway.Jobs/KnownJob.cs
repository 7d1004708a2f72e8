namespace ComfyGateway.Jobs;

/// <summary>A job as decisions and as readers see it, both after the same <paramref name="Version"/> events.</summary>
internal sealed record KnownJob(Job Job, JobView View, int Version)
{
    public static KnownJob Of(JobQueued queued)
    {
        var view = JobView.Create(queued);
        view.Version = 1;
        return new KnownJob(Job.Create(queued), view, 1);
    }

    /// <summary>The job that the events of a stream make; null for none.</summary>
    public static KnownJob? Of(IEnumerable<object> events)
    {
        KnownJob? known = null;
        foreach (var e in events)
        {
            known = known is null ? Of((JobQueued)e) : known.After(e);
        }

        return known;
    }

    public KnownJob After(object e)
    {
        var view = View.After(e);
        view.Version = Version + 1;
        return new KnownJob(Job.After(e), view, Version + 1);
    }
}
