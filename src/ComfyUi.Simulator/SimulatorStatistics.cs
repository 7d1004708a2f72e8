namespace ComfyUi.Simulator;

/// <summary>What one prompt id went through. Times are null until reached; with several executions they are those of the last.</summary>
public sealed record PromptStatistics(
    string PromptId, int Received, int Executions, DateTimeOffset? ReceivedAt, DateTimeOffset? StartedAt, DateTimeOffset? FinishedAt);

/// <summary>The figures of one moment.</summary>
public sealed record StatisticsSnapshot(
    int ReceivedPrompts,
    int FinishedPrompts,
    int MaxExecutionsOfOnePrompt,
    int CheckpointLoads,
    double BusyFraction,
    int OpenSockets,
    IReadOnlyList<string> ExecutionOrder,
    IReadOnlyList<PromptStatistics> Prompts);

/// <summary>Counts what the server did since it was started; a simulated crash does not reset it.</summary>
public sealed class SimulatorStatistics
{
    private readonly PromptJournal? _journal;
    private readonly Lock _lock = new();
    private readonly OrderedDictionary<string, PromptStatistics> _prompts = new(StringComparer.Ordinal);
    private readonly List<string> _order = [];
    private readonly TimeProvider _clock = TimeProvider.System;
    private DateTimeOffset _since = TimeProvider.System.GetUtcNow();
    private DateTimeOffset? _runningSince;
    private TimeSpan _busy;
    private int _received;
    private int _finished;
    private int _checkpointLoads;
    private int _uploads;

    /// <summary>Files that were sent, those that were there already included.</summary>
    public int Uploads => Volatile.Read(ref _uploads);

    internal SimulatorStatistics(PromptJournal? journal) => _journal = journal;

    internal Func<int> CountSockets { get; set; } = () => 0;

    /// <summary>The figures as they are now.</summary>
    public StatisticsSnapshot Snapshot()
    {
        lock (_lock)
        {
            var now = _clock.GetUtcNow();
            var busy = _busy + (now - (_runningSince ?? now));
            return new StatisticsSnapshot(
                _received,
                _finished,
                _prompts.Values.Select(p => p.Executions).DefaultIfEmpty().Max(),
                _checkpointLoads,
                now > _since ? busy / (now - _since) : 0,
                CountSockets(),
                [.. _order],
                [.. _prompts.Values]);
        }
    }

    /// <summary>What is known of one prompt id; null if it never came.</summary>
    public PromptStatistics? Prompt(string promptId)
    {
        lock (_lock)
        {
            return _prompts.GetValueOrDefault(promptId);
        }
    }

    internal void Uploaded() => Interlocked.Increment(ref _uploads);

    internal void Received(string id) => Change(id, p =>
    {
        _received++;
        return p with { Received = p.Received + 1, ReceivedAt = Note(id, "received") };
    });

    internal void Started(string id) => Change(id, p =>
    {
        _order.Add(id);
        _runningSince = Note(id, "started");
        return p with { Executions = p.Executions + 1, StartedAt = _runningSince, FinishedAt = null };
    });

    internal void Finished(string id) => Change(id, p =>
    {
        _finished++;
        WorkerIsIdle();
        return p with { FinishedAt = Note(id, "finished") };
    });

    internal void WorkerStopped()
    {
        lock (_lock)
        {
            WorkerIsIdle();
        }
    }

    internal void CheckpointLoaded() => Interlocked.Increment(ref _checkpointLoads);

    internal void Reset()
    {
        lock (_lock)
        {
            _prompts.Clear();
            _order.Clear();
            (_received, _finished, _checkpointLoads, _busy) = (0, 0, 0, TimeSpan.Zero);
            (_since, _runningSince) = (_clock.GetUtcNow(), null);
        }
    }

    internal void Close()
    {
        lock (_lock)
        {
            _journal?.Dispose();
        }
    }

    private DateTimeOffset Note(string id, string step)
    {
        var now = _clock.GetUtcNow();
        _journal?.Write(now, step, id);
        return now;
    }

    private void WorkerIsIdle()
    {
        _busy += _runningSince is { } start ? _clock.GetUtcNow() - start : TimeSpan.Zero;
        _runningSince = null;
    }

    private void Change(string id, Func<PromptStatistics, PromptStatistics> change)
    {
        lock (_lock)
        {
            _prompts[id] = change(_prompts.GetValueOrDefault(id) ?? new PromptStatistics(id, 0, 0, null, null, null));
        }
    }
}
