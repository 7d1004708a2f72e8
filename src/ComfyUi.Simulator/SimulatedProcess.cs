using System.Collections.Concurrent;
using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Network;

namespace ComfyUi.Simulator;

/// <summary>The simulated server process: the engine of the moment, and its deaths.</summary>
internal sealed class SimulatedProcess : IAsyncDisposable
{
    // About the time that ComfyUI needs to start; a process supervisor is assumed.
    private static readonly TimeSpan RestartTime = TimeSpan.FromSeconds(4);

    // A process that dies of an exception still answers what it is at.
    private static readonly TimeSpan DyingTime = TimeSpan.FromMilliseconds(200);

    private readonly EngineParts _parts;
    private readonly NetworkGate _gate;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _changing = new(1);
    private readonly ConcurrentDictionary<Task, bool> _underWay = new();
    private volatile Engine _engine;

    public SimulatedProcess(EngineParts parts, NetworkGate gate)
    {
        _parts = parts;
        _gate = gate;
        _engine = new Engine(parts);
        parts.Faults.CrashAsProcess = () => _ = Crash(RestartTime, DyingTime);
    }

    public Engine Engine => _engine;

    public void DropSockets() => _parts.Hub.DropAll();

    public void DeleteOutputs() => _parts.Folders.DeleteOutputs();

    public void KillWorker()
    {
        _engine.KillWorker();
        _parts.Statistics.WorkerStopped();
    }

    /// <summary>The tasks complete when the fault is in effect; that it ends comes later, and by itself.</summary>
    public Task LoseQueueAndHistory() => Run(async inEffect =>
    {
        await ReplaceEngine();
        inEffect();
    });

    public Task Hang(TimeSpan duration) => Run(async inEffect =>
    {
        _gate.Hang();
        inEffect();
        await Task.Delay(duration, _stop.Token);
        _gate.Resume();
    });

    public Task Refuse(TimeSpan duration) => Run(async inEffect =>
    {
        await _gate.Close();
        _gate.AbortConnections();
        inEffect();
        await Task.Delay(duration, _stop.Token);
        await _gate.Open(_stop.Token);
    });

    public Task Crash(TimeSpan downFor) => Crash(downFor, TimeSpan.Zero);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _gate.Resume();
        await Task.WhenAll(_underWay.Keys);
        await _engine.DisposeAsync();
        _stop.Dispose();
        _changing.Dispose();
    }

    private Task Crash(TimeSpan downFor, TimeSpan delay) => Run(async inEffect =>
    {
        await Task.Delay(delay, _stop.Token);
        await _gate.Close();
        _parts.Hub.DropAll();
        _gate.AbortConnections();
        await ReplaceEngine();
        _parts.Folders.WipeTemp();
        inEffect();
        await Task.Delay(downFor, _stop.Token);
        await _gate.Open(_stop.Token);
    });

    private async Task ReplaceEngine()
    {
        var old = _engine;
        _parts.Statistics.WorkerStopped();
        _engine = new Engine(_parts);
        await old.DisposeAsync();
    }

    private Task Run(Func<Action, Task> change)
    {
        var inEffect = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var task = Task.Run(() => InTurn(change, inEffect));
        _underWay[task] = true;
        task.ContinueWith(t => _underWay.TryRemove(t, out _), TaskScheduler.Default);
        return inEffect.Task;
    }

    private async Task InTurn(Func<Action, Task> change, TaskCompletionSource inEffect)
    {
        try
        {
            await _changing.WaitAsync(_stop.Token);
            try
            {
                await change(() => inEffect.TrySetResult());
            }
            finally
            {
                _changing.Release();
            }
        }
        catch (OperationCanceledException)
        {
            // The server stops in the middle of a fault.
        }
        finally
        {
            inEffect.TrySetResult();
        }
    }
}
