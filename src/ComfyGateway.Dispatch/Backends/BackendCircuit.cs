namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// Keeps jobs from a backend that takes them and does not do them. After a pause one prompt is tried, whichever slot has it, and the others wait
/// for what becomes of it: its success closes the circuit, its failure doubles the pause, and where it comes to neither another is tried.
/// </summary>
internal sealed class BackendCircuit(TimeProvider clock)
{
    internal const int MaxFailures = 5;

    internal static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(15);
    internal static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private int _failures;
    private TimeSpan _pause;
    private DateTimeOffset? _openUntil;
    private string? _onTrial;

    /// <summary>Why it is open; null while it is closed.</summary>
    public string? Reason { get; private set; }

    public bool IsClosed
    {
        get
        {
            lock (_gate)
            {
                return _openUntil is null;
            }
        }
    }

    /// <summary>Whether one more prompt may be sent to a backend that has <paramref name="busy"/> already.</summary>
    public bool Allows(int busy)
    {
        lock (_gate)
        {
            return _openUntil is not { } until || (busy == 0 && _onTrial is null && clock.GetUtcNow() >= until);
        }
    }

    /// <summary>Whether the prompt may be sent now. Several slots find that one may be; the first to ask has it, until <see cref="Leave"/>.</summary>
    public bool Enter(string promptId)
    {
        lock (_gate)
        {
            if (_openUntil is not { } until)
            {
                return true;
            }

            if (_onTrial is not null || clock.GetUtcNow() < until)
            {
                return false;
            }

            _onTrial = promptId;
            return true;
        }
    }

    /// <summary>The prompt is no longer there, or nobody follows it any more. True where it was on trial.</summary>
    public bool Leave(string promptId)
    {
        lock (_gate)
        {
            var wasOnTrial = _onTrial == promptId;
            _onTrial = wasOnTrial ? null : _onTrial;
            return wasOnTrial;
        }
    }

    /// <summary>A prompt came to an end there, whichever.</summary>
    public void Worked()
    {
        lock (_gate)
        {
            (_failures, _openUntil, Reason) = (0, null, null);
        }
    }

    /// <summary>A prompt came to no end there. One may be chance; several in a row, or one on trial, open the circuit.</summary>
    public void Failed(string reason)
    {
        lock (_gate)
        {
            if (++_failures >= MaxFailures || _openUntil is not null)
            {
                Open(reason);
            }
        }
    }

    /// <summary>It is certain that nothing runs there.</summary>
    public void Trip(string reason)
    {
        lock (_gate)
        {
            Open(reason);
        }
    }

    private void Open(string reason)
    {
        var now = clock.GetUtcNow();
        if (_openUntil > now)
        {
            // Several prompts that fail together are one failure.
            return;
        }

        _pause = _openUntil is null ? FirstPause : TimeSpan.FromTicks(Math.Min(_pause.Ticks * 2, LongestPause.Ticks));
        (_openUntil, Reason) = (now + _pause, reason);
    }
}
