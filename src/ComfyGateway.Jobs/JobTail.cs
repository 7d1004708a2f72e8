using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using Marten;

namespace ComfyGateway.Jobs;

/// <summary>
/// The events of one job as they come, read once for all who follow it in this process: a job that hundreds watch is read as often as one that a
/// single client watches.
/// </summary>
internal sealed class JobTail(Guid jobId, IDocumentStore store, JobChanges changes, TimeProvider clock) : IAsyncDisposable
{
    // Notices wake at once; this is for those that are lost.
    private static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _deserted = new();
    private volatile IReadOnlyList<TailedEvent> _events = [];
    private readonly WakeUp _grown = new();

    /// <summary>How many follow it; counted by who hands it out.</summary>
    public int Followers { get; set; }

    /// <summary>All events so far, from the first.</summary>
    public IReadOnlyList<TailedEvent> Events => _events;

    /// <summary>Completes when there are more. Take it before looking at them.</summary>
    public Task Grown => _grown.Next;

    /// <summary>Ends with the job's last event, or with what keeps it from being read.</summary>
    public Task Reading { get; private set; } = Task.CompletedTask;

    public void Begin() => Reading = Read(_deserted.Token);

    /// <summary>Nobody follows any more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _deserted.CancelAsync();
        await Reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _deserted.Dispose();
    }

    private async Task Read(CancellationToken ct)
    {
        // The first follower need not wait for the first read to be told of the tail.
        await Task.Yield();
        while (_events is not [.., { IsLast: true }])
        {
            var change = changes.Next(jobId);
            await ReadMore(ct);
            if (_events is not [.., { IsLast: true }])
            {
                await Task.WhenAny(change, Task.Delay(LookAnyway, clock, ct));
                ct.ThrowIfCancellationRequested();
            }
        }

        changes.Wake(jobId);
    }

    private async Task ReadMore(CancellationToken ct)
    {
        try
        {
            await using var session = store.QuerySession();
            var more = await session.Events.FetchStreamAsync(jobId, fromVersion: _events.Count + 1, token: ct);
            if (more.Count > 0)
            {
                _events = [.. _events, .. more.Select(e => new TailedEvent(e.Version, JobEventAnswer.From(jobId, e.Data), e.Data is JobSucceeded or JobFailed or JobCanceled))];
                _grown.Raise();
            }
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            // Who follows stays connected, and hears the rest once the database is back.
            await Task.Delay(Pause, clock, ct);
        }
    }
}

/// <summary>An event of a job, as all who follow it hear it.</summary>
/// <param name="Answer">Null where it is the gateway's own business.</param>
/// <param name="IsLast">The job has ended with it.</param>
internal sealed record TailedEvent(long Version, JobEventAnswer? Answer, bool IsLast);
