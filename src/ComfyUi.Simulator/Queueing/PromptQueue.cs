using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Queueing;

/// <summary>The queue, the running prompt and the history, under one lock as in ComfyUI.</summary>
internal sealed class PromptQueue(Action<int> announce) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PromptHeap _pending = new();
    private readonly PromptHistory _history = new();
    private readonly SemaphoreSlim _wake = new(0);
    private PromptItem? _running;
    private bool _freeMemory;
    private bool _unloadModels;

    public int Remaining
    {
        get
        {
            lock (_lock)
            {
                return _pending.Count + (_running is null ? 0 : 1);
            }
        }
    }

    public void Put(PromptItem item)
    {
        lock (_lock)
        {
            _pending.Push(item);
            Announce();
        }

        _wake.Release();
    }

    /// <summary>The next prompt, or null when there is only a wish for memory to fulfil.</summary>
    public async Task<PromptItem?> Take(CancellationToken ct)
    {
        while (true)
        {
            lock (_lock)
            {
                if (_freeMemory || _unloadModels)
                {
                    return null;
                }

                if (_pending.Count > 0)
                {
                    _running = _pending.Pop();
                    Announce();
                    return _running;
                }
            }

            await _wake.WaitAsync(ct);
        }
    }

    public void Finish(PromptItem item, PyDict historyEntry)
    {
        lock (_lock)
        {
            _running = null;
            _history.Add(item.Id, historyEntry);
            Announce();
        }
    }

    public bool IsRunning(string id)
    {
        lock (_lock)
        {
            return _running?.Id == id;
        }
    }

    public PyDict Snapshot()
    {
        lock (_lock)
        {
            return new PyDict
            {
                ["queue_running"] = _running is null ? new PyList() : new PyList { _running.AsTuple() },
                ["queue_pending"] = new PyList(_pending.Select(i => i.AsTuple())),
            };
        }
    }

    public void Delete(string id)
    {
        lock (_lock)
        {
            if (_pending.Remove(id))
            {
                Announce();
            }
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _pending.Clear();
            Announce();
        }
    }

    public T WithHistory<T>(Func<PromptHistory, T> use)
    {
        lock (_lock)
        {
            return use(_history);
        }
    }

    public void Wish(bool unloadModels, bool freeMemory)
    {
        lock (_lock)
        {
            _unloadModels |= unloadModels;
            _freeMemory |= freeMemory;
        }

        _wake.Release();
    }

    public (bool UnloadModels, bool FreeMemory) TakeWishes()
    {
        lock (_lock)
        {
            var wishes = (_unloadModels || _freeMemory, _freeMemory);
            (_unloadModels, _freeMemory) = (false, false);
            return wishes;
        }
    }

    public void Dispose() => _wake.Dispose();

    private void Announce() => announce(_pending.Count + (_running is null ? 0 : 1));
}
