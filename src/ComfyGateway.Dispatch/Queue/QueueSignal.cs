using System.Globalization;
using ComfyGateway.Platform.Events;

namespace ComfyGateway.Dispatch.Queue;

/// <summary>Wakes the lanes when jobs come, on whichever gateway they come, or when a place does.</summary>
internal sealed class QueueSignal
{
    // The kind of notice that tells other gateways of jobs.
    private const string Kind = "queue";

    private readonly WakeUp _wake = new();
    private readonly QueueDepth _depth;
    private readonly ClusterNotices _notices;
    private readonly TimeProvider _clock;
    private long _generation;
    private long _raisedAt;

    /// <summary>Hears of jobs that other gateways accepted.</summary>
    public QueueSignal(QueueDepth depth, ClusterNotices notices, TimeProvider clock)
    {
        (_depth, _notices, _clock) = (depth, notices, clock);
        notices.On(Kind, about =>
        {
            if (int.TryParse(about, CultureInfo.InvariantCulture, out var rank))
            {
                Hear(rank);
            }
        });
    }

    /// <summary>Raised with the rank of the best job that came.</summary>
    public event Action<int>? JobsCame;

    /// <summary>Grows with each <see cref="Raise"/>. Take it before looking into the queue.</summary>
    public long Generation => Interlocked.Read(ref _generation);

    public DateTimeOffset RaisedAt => new(Interlocked.Read(ref _raisedAt), TimeSpan.Zero);

    /// <summary>Completes at the next <see cref="Raise"/>. Take it before looking into the queue, so that nothing is missed between.</summary>
    public Task Next => _wake.Next;

    /// <summary>Jobs with this rank or a worse one can be claimed, here and on the other gateways.</summary>
    /// <param name="came">How many of them did not wait before: new ones, and such as a slot gave back.</param>
    public void Raise(int rank, int came)
    {
        // First, so that whoever hears of them finds them counted.
        _depth.Add(came);
        Hear(rank);
        _notices.Send(Kind, rank.ToString(CultureInfo.InvariantCulture));
    }

    private void Hear(int rank)
    {
        Interlocked.Exchange(ref _raisedAt, _clock.GetUtcNow().UtcTicks);
        Interlocked.Increment(ref _generation);
        JobsCame?.Invoke(rank);
        _wake.Raise();
    }
}
