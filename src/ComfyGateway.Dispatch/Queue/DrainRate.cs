namespace ComfyGateway.Dispatch.Queue;

/// <summary>How fast jobs leave the queue: from readings, over the last minute, of a count of all that ever left it.</summary>
internal sealed class DrainRate
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    // What ends in a shorter time than this is chance.
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(5);

    private readonly Queue<(DateTimeOffset At, long Left)> _readings = new();
    private volatile Measured? _latest;

    /// <summary>What the readings say, or null while they span too short a time.</summary>
    public Measured? Latest => _latest;

    /// <param name="left">How many ever left, by PostgreSQL's statistics: a crash sets it back.</param>
    public void Read(long left, DateTimeOffset now)
    {
        if (_readings.Count > 0 && left < _readings.Last().Left)
        {
            _readings.Clear();
        }

        _readings.Enqueue((now, left));
        while (now - _readings.Peek().At > Window)
        {
            _readings.Dequeue();
        }

        var span = now - _readings.Peek().At;
        _latest = span < Shortest ? null : new Measured(left - _readings.Peek().Left, span);
    }

    /// <param name="Jobs">So many left.</param>
    /// <param name="Span">In this time.</param>
    internal sealed record Measured(long Jobs, TimeSpan Span);
}
