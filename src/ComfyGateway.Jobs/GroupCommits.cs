using System.Threading.Channels;
using ComfyGateway.Platform.Events;
using Npgsql;

namespace ComfyGateway.Jobs;

/// <summary>
/// Commits entries in groups: what arrives while a commit is under way goes into the next together. An entry alone waits for nobody, not even
/// for another thread: whoever finds no commit under way begins one.
/// </summary>
/// <param name="commit">Settles every entry of the group, whatever happens, and does not throw.</param>
internal sealed class GroupCommits<T>(NpgsqlDataSource database, Func<StatementConnection, List<T>, CancellationToken, Task> commit) : IAsyncDisposable
{
    // Where so many wait, adding one waits too.
    private const int MaxWaiting = 4096;
    private const int MaxGroup = 64;

    private readonly Channel<T> _entries = Channel.CreateBounded<T>(MaxWaiting);
    private readonly StatementConnection _connection = new(database);
    private readonly CancellationTokenSource _stopping = new();

    // Held by the one that commits.
    private readonly SemaphoreSlim _writer = new(1, 1);

    public bool IsAnyWaiting => _entries.Reader.Count > 0;

    /// <summary>Returns when the entry is in line, or its commit under way.</summary>
    /// <exception cref="ChannelClosedException">No entries are taken any more.</exception>
    public async ValueTask Add(T entry, CancellationToken ct)
    {
        await _entries.Writer.WriteAsync(entry, ct);
        if (_writer.Wait(0, CancellationToken.None))
        {
            // What is committed belongs to many callers, and to this one no more than to the others.
            using (ExecutionContext.SuppressFlow())
            {
                _ = Write();
            }
        }
    }

    /// <summary>Takes no more entries and commits those that wait, as long as <paramref name="ct"/> lets it.</summary>
    /// <returns>What was not begun.</returns>
    public async Task<IReadOnlyList<T>> Stop(CancellationToken ct)
    {
        _entries.Writer.TryComplete();
        await using (ct.UnsafeRegister(static stopping => ((CancellationTokenSource)stopping!).Cancel(), _stopping))
        {
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
        await _connection.DisposeAsync();
        _stopping.Dispose();
        _writer.Dispose();
    }

    /// <summary>Commits until nothing waits. The caller has the writer's place; it is given back.</summary>
    private async Task Write()
    {
        do
        {
            while (!_stopping.IsCancellationRequested && await Gather() is { Count: > 0 } group)
            {
                await commit(_connection, group, _stopping.Token);
            }

            _writer.Release();
            // What came since the last look found the place taken.
        }
        while (IsAnyWaiting && !_stopping.IsCancellationRequested && _writer.Wait(0, CancellationToken.None));
    }

    /// <summary>Lets callers that are on their way come along: a larger group costs each of its entries less.</summary>
    private async Task<List<T>> Gather()
    {
        for (var before = 0; _entries.Reader.Count is var count && count > before && count < MaxGroup && ThreadPool.PendingWorkItemCount > 0; before = count)
        {
            await Task.Yield();
        }

        var group = new List<T>(MaxGroup);
        while (group.Count < MaxGroup && _entries.Reader.TryRead(out var entry))
        {
            group.Add(entry);
        }

        return group;
    }
}
