using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using ComfyUi.Simulator.Messages;
using ComfyUi.Simulator.Nodes;
using ComfyUi.Simulator.Python;
using ComfyUi.Simulator.Queueing;

namespace ComfyUi.Simulator.Execution;

/// <summary>What the engine works with.</summary>
internal sealed record EngineParts(
    SimulatorOptions Options, NodeCatalog Catalog, DataFolders Folders, MessageHub Hub, FaultState Faults, SimulatorStatistics Statistics);

/// <summary>All that a ComfyUI process keeps in memory; a crash puts a new one in its place.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly CancellationTokenSource _life = new();
    private readonly Lock _numberLock = new();
    private readonly Task _worker;
    private BigInteger _number;
    private volatile bool _interrupted;

    [SuppressMessage("Reliability", "CA2000", Justification = "The queue is disposed with the engine.")]
    public Engine(EngineParts parts)
    {
        Parts = parts;
        Cache = new NodeCache(parts.Folders);
        Queue = new PromptQueue(AnnounceQueue);
        _worker = Task.Run(() => new Worker(this).Run(_life.Token));
    }

    public EngineParts Parts { get; }

    public PromptQueue Queue { get; }

    public NodeCache Cache { get; }

    /// <summary>The client of the prompt that runs, or ran last.</summary>
    public string? ClientId { get; set; }

    /// <summary>The node that a reconnecting client is told about.</summary>
    public string? LastNode { get; set; }

    public string? LoadedCheckpoint { get; set; }

    public BigInteger TakeNumber()
    {
        lock (_numberLock)
        {
            return _number++;
        }
    }

    public void Send(string type, PyDict data, string? clientId)
    {
        if (!_life.IsCancellationRequested)
        {
            Parts.Hub.Send(type, data, clientId);
        }
    }

    public void SendBinary(byte[] frame, string? clientId)
    {
        if (!_life.IsCancellationRequested)
        {
            Parts.Hub.SendBinary(frame, clientId);
        }
    }

    public void Interrupt() => _interrupted = true;

    public void ForgetInterrupt() => _interrupted = false;

    public void ThrowIfInterrupted()
    {
        if (_interrupted)
        {
            _interrupted = false;
            throw new NodeInterrupted();
        }
    }

    /// <summary>The worker stops for good, in the middle of whatever it does; the queue does not notice.</summary>
    public void KillWorker() => _life.Cancel();

    public static PyDict QueueStatus(int remaining) => new() { ["exec_info"] = new PyDict { ["queue_remaining"] = remaining } };

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        await _worker;
        _life.Dispose();
        Queue.Dispose();
    }

    /// <summary>Status goes on even when the worker is dead: it comes from the queue.</summary>
    private void AnnounceQueue(int remaining) =>
        Parts.Hub.Send("status", new PyDict { ["status"] = QueueStatus(remaining) }, null);
}
