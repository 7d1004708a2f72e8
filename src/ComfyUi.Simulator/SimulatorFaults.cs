using System.Text.Json;
using ComfyUi.Simulator.Network;

namespace ComfyUi.Simulator;

/// <summary>Brings faults about while the server runs. <c>POST /__sim/faults</c> does the same over HTTP.</summary>
public sealed class SimulatorFaults
{
    private readonly FaultState _state;
    private readonly SimulatedProcess _process;

    internal SimulatorFaults(FaultState state, SimulatedProcess process)
    {
        _state = state;
        _process = process;
    }

    /// <summary>Brings about all that is ordered. The task completes when it is in effect; timed faults end by themselves.</summary>
    public async Task Apply(FaultOrders orders)
    {
        ArgumentNullException.ThrowIfNull(orders);
        _state.Accept(orders);
        When(orders.DropSockets, _process.DropSockets);
        When(orders.DeleteOutputs, _process.DeleteOutputs);
        When(orders.KillWorker, _process.KillWorker);
        await (orders.LoseQueueAndHistory ? _process.LoseQueueAndHistory() : Task.CompletedTask);
        await For(orders.HangSeconds, _process.Hang);
        await For(orders.RefuseConnectionsSeconds, _process.Refuse);
        await For(orders.CrashSeconds, _process.Crash);
    }

    /// <summary>Sockets stay open and get no more frames, until switched back.</summary>
    public Task MuteSockets(bool muted = true) => Apply(new FaultOrders { MuteSockets = muted });

    /// <summary>Cuts all WebSockets, without a close frame.</summary>
    public Task DropSockets() => Apply(new FaultOrders { DropSockets = true });

    /// <summary>Cuts all connections and refuses new ones for a while; prompts go on running.</summary>
    public Task RefuseConnections(TimeSpan duration) => Apply(new FaultOrders { RefuseConnectionsSeconds = duration.TotalSeconds });

    /// <summary>Connections are accepted and nothing answers, for a while.</summary>
    public Task Hang(TimeSpan duration) => Apply(new FaultOrders { HangSeconds = duration.TotalSeconds });

    /// <summary>Queue, history, running prompt and connections are gone at once; the server is back, empty, after a while.</summary>
    public Task Crash(TimeSpan downFor) => Apply(new FaultOrders { CrashSeconds = downFor.TotalSeconds });

    /// <summary>Queue, history and the running prompt are forgotten; connections stay.</summary>
    public Task LoseQueueAndHistory() => Apply(new FaultOrders { LoseQueueAndHistory = true });

    /// <summary>The next prompts run out of memory.</summary>
    public Task OutOfMemory(int prompts = 1) => Apply(new FaultOrders { OutOfMemoryPrompts = prompts });

    /// <summary>The next prompts fail in a node.</summary>
    public Task NodeError(int prompts = 1) => Apply(new FaultOrders { NodeErrorPrompts = prompts });

    /// <summary>Slows /view down; 0 ends it.</summary>
    public Task SlowView(int bytesPerSecond) => Apply(new FaultOrders { ViewBytesPerSecond = bytesPerSecond });

    /// <summary>The next /view answers are cut off in the middle of the body.</summary>
    public Task TruncateViews(int views = 1) => Apply(new FaultOrders { TruncatedViews = views });

    /// <summary>The worker ends: the running (or next) prompt stays in queue_running, HTTP goes on answering.</summary>
    public Task KillWorker() => Apply(new FaultOrders { KillWorker = true });

    /// <summary>The next accepted prompts are answered 500, though they are queued.</summary>
    public Task FailPromptAnswers(int answers = 1) => Apply(new FaultOrders { FailedPromptAnswers = answers });

    /// <summary>Deletes the files in the output folder; cached runs go on naming them.</summary>
    public Task DeleteOutputs() => Apply(new FaultOrders { DeleteOutputs = true });

    /// <summary>The next interrupts are answered 200 and lost.</summary>
    public Task LoseInterrupts(int interrupts = 1) => Apply(new FaultOrders { LostInterrupts = interrupts });

    /// <summary>Each answer of /history/{id} takes so long.</summary>
    public Task SlowHistory(TimeSpan delay) => Apply(new FaultOrders { HistoryDelayMs = (int)delay.TotalMilliseconds });

    /// <summary>Each answer of /upload/image takes so long.</summary>
    public Task SlowUploads(TimeSpan delay) => Apply(new FaultOrders { UploadDelayMs = (int)delay.TotalMilliseconds });

    /// <summary>The history says that the next prompt gave out these outputs, whatever it did.</summary>
    /// <param name="outputs">A JSON object of what each node showed.</param>
    public Task ListOutputs(string outputs) => Apply(new FaultOrders { HistoryOutputs = JsonElement.Parse(outputs) });

    /// <summary>Takes back every order that has not come about yet. Timed faults that run end in their own time.</summary>
    public void Reset() => _state.Reset();

    private static void When(bool ordered, Action act)
    {
        if (ordered)
        {
            act();
        }
    }

    private static Task For(double? seconds, Func<TimeSpan, Task> act) =>
        seconds is { } value ? act(TimeSpan.FromSeconds(value)) : Task.CompletedTask;
}
