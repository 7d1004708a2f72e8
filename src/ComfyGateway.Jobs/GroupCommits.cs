using System.Threading.Channels;
using ComfyGateway.Platform.Events;
using Npgsql;

namespace ComfyGateway.Jobs;

/// <summary>
/// Commits entries in groups: what arrives while a commit is under way goes into the next together. An entry alone waits for nobody, not even
/// for another thread: whoever finds no commit under way begins one. Where callers come together, the first of them waits a moment for the
/// others: a group costs about as much as ten of its entries.
/// </summary>
internal sealed class GroupCommits<T> : IAsyncDisposable
{
    // Where so many wait, adding one waits too.
    private const int MaxWaiting = 4096;
    private const int MaxGroup = 64;

    // As long as a commit takes, or less.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(1);

    // A server that stands still holds up the commit that is under way, and so the others. To find that it does not hear of a cancel either takes the
    // driver up to three times the time limit of a statement: for so long no client waits for an answer.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestCommit = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly Channel<T> _entries = Channel.CreateBounded<T>(MaxWaiting);
    private readonly StatementConnection _connection;
    private readonly Func<StatementConnection, List<T>, CancellationToken, Task> _commit;
    private readonly int _worthAwaiting;
    private readonly CancellationTokenSource _stopping = new();

    // Held by the one that commits.
    private readonly SemaphoreSlim _writer = new(1, 1);

    // Ends the wait for entries that do not come.
    private readonly ITimer _due;
    private int _isDueSet;

    private readonly TimeProvider _clock;
    private readonly (Action<T> InLine, Action<T> UnderWay)? _waitInVain;
    private readonly ITimer? _look;

    // The commit that is under way, of which somebody may wait in vain.
    private volatile UnderWay? _underWay;

    // As many as came to the last commit and while it was under way: who was answered comes again, as a rule.
    private volatile int _awaited = 1;
    private volatile bool _isClosing;

    /// <param name="worthAwaiting">The largest number of entries that is waited for; with 1 none is.</param>
    /// <param name="commit">Settles every entry of the group, whatever happens, and does not throw.</param>
    /// <param name="waitInVain">
    /// What settles an entry that stood long in line behind a commit which does not end, and one of that commit itself, which goes on and may be durable in the
    /// end. Without them they wait for as long as that takes.
    /// </param>
    public GroupCommits(
        NpgsqlDataSource database, TimeProvider clock, int worthAwaiting, Func<StatementConnection, List<T>, CancellationToken, Task> commit,
        (Action<T> InLine, Action<T> UnderWay)? waitInVain = null)
    {
        (_connection, _clock, _commit, _worthAwaiting, _waitInVain) = (new StatementConnection(database), clock, commit, worthAwaiting, waitInVain);
        _due = clock.CreateTimer(_ => Begin(isDue: true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _look = waitInVain is null ? null : clock.CreateTimer(_ => EndWaitInVain(), null, LookInterval, LookInterval);
    }

    public bool IsAnyWaiting => _entries.Reader.Count > 0;

    /// <summary>Returns when the entry is in line, or its commit under way.</summary>
    /// <exception cref="ChannelClosedException">No entries are taken any more.</exception>
    public async ValueTask Add(T entry, CancellationToken ct)
    {
        await _entries.Writer.WriteAsync(entry, ct);
        Begin(isDue: false);
    }

    /// <summary>Takes no more entries and commits those that wait, as long as <paramref name="ct"/> lets it.</summary>
    /// <returns>What was not begun.</returns>
    public async Task<IReadOnlyList<T>> Stop(CancellationToken ct)
    {
        _entries.Writer.TryComplete();
        _isClosing = true;
        await using (ct.UnsafeRegister(static stopping => ((CancellationTokenSource)stopping!).Cancel(), _stopping))
        {
            Begin(isDue: true);
            await _writer.WaitAsync(CancellationToken.None);
        }

        var left = new List<T>();
        while (_entries.Reader.TryRead(out var entry))
        {
            left.Add(entry);
        }

        return left;
    }

    public async ValueTask DisposeAsync()
    {
        await _due.DisposeAsync();
        await (_look?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _connection.DisposeAsync();
        _stopping.Dispose();
        _writer.Dispose();
    }

    private void Begin(bool isDue)
    {
        if (isDue)
        {
            Volatile.Write(ref _isDueSet, 0);
        }

        if (!ShallBegin(isDue) || !_writer.Wait(0, CancellationToken.None))
        {
            return;
        }

        // What is committed belongs to many callers, and to this one no more than to the others.
        using (ExecutionContext.SuppressFlow())
        {
            _ = Write();
        }
    }

    /// <summary>False where nothing waits, or others are waited for: then the time that they have runs.</summary>
    private bool ShallBegin(bool isDue)
    {
        var waiting = _entries.Reader.Count;
        if (waiting == 0 || isDue || _isClosing || waiting >= _awaited)
        {
            return waiting > 0;
        }

        if (Interlocked.Exchange(ref _isDueSet, 1) == 0)
        {
            _due.Change(Patience, Timeout.InfiniteTimeSpan);
        }

        return false;
    }

    /// <summary>Commits until nothing waits, or more is worth waiting for. The caller has the writer's place; it is given back.</summary>
    private async Task Write()
    {
        do
        {
            // Another may have had the place, and taken all, between the look and the place.
            while (Take() is { Count: > 0 } group)
            {
                // A copy: the one that commits takes out what is refused.
                _underWay = _waitInVain is null ? null : new UnderWay([.. group], _clock.GetTimestamp());
                await _commit(_connection, group, _stopping.Token);
                _underWay = null;
                _awaited = Math.Clamp(group.Count + _entries.Reader.Count, 1, _worthAwaiting);
                if (!GoesOn())
                {
                    break;
                }
            }

            _writer.Release();
            // What came since the last look found the place taken.
        }
        while (GoesOn() && _writer.Wait(0, CancellationToken.None));

        bool GoesOn() => !_stopping.IsCancellationRequested && ShallBegin(isDue: false);
    }

    private void EndWaitInVain()
    {
        var (inLine, underWay) = _waitInVain!.Value;
        while (LastsLongerThan(LongestWait) is not null && _entries.Reader.TryRead(out var entry))
        {
            inLine(entry);
        }

        if (LastsLongerThan(LongestCommit) is { } commit)
        {
            Array.ForEach(commit.Entries, underWay);
        }
    }

    /// <summary>The commit that is under way for longer than <paramref name="time"/>, or null.</summary>
    private UnderWay? LastsLongerThan(TimeSpan time) => _underWay is { } commit && _clock.GetElapsedTime(commit.BegunAt) > time ? commit : null;

    /// <summary>What waits, for which nobody need be waited for any longer.</summary>
    private List<T> Take()
    {
        if (Volatile.Read(ref _isDueSet) == 1)
        {
            _due.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            Volatile.Write(ref _isDueSet, 0);
        }

        var group = new List<T>(MaxGroup);
        while (group.Count < MaxGroup && _entries.Reader.TryRead(out var entry))
        {
            group.Add(entry);
        }

        return group;
    }

    private sealed record UnderWay(T[] Entries, long BegunAt);
}
