using System.Text.Json;

namespace ComfyUi.Simulator;

/// <summary>
/// Faults to bring about: the body of <c>POST /__sim/faults</c>. What is left out stays as it is; a count says how many times,
/// 0 takes the order back.
/// </summary>
public sealed record FaultOrders
{
    /// <summary>Sockets stay open and get no more frames (true), or do again (false); frames sent meanwhile are lost.</summary>
    public bool? MuteSockets { get; init; }

    /// <summary>Cuts all WebSockets, without a close frame.</summary>
    public bool DropSockets { get; init; }

    /// <summary>Cuts all connections and refuses new ones for so many seconds; prompts go on running.</summary>
    public double? RefuseConnectionsSeconds { get; init; }

    /// <summary>For so many seconds connections are accepted and nothing answers, not even to a ping; no prompt goes on.</summary>
    public double? HangSeconds { get; init; }

    /// <summary>Everything is gone at once: queue, history, the running prompt, connections. Back, empty, after so many seconds.</summary>
    public double? CrashSeconds { get; init; }

    /// <summary>Queue, history and the running prompt are forgotten, numbers start at 0; connections stay.</summary>
    public bool LoseQueueAndHistory { get; init; }

    /// <summary>How many of the next prompts run out of memory.</summary>
    public int? OutOfMemoryPrompts { get; init; }

    /// <summary>How many of the next prompts fail in a node.</summary>
    public int? NodeErrorPrompts { get; init; }

    /// <summary>The speed of /view in bytes per second; 0 is as fast as can be.</summary>
    public int? ViewBytesPerSecond { get; init; }

    /// <summary>How many of the next /view answers are cut off in the middle of the body.</summary>
    public int? TruncatedViews { get; init; }

    /// <summary>The worker ends: the running (or next) prompt stays in queue_running, HTTP goes on answering.</summary>
    public bool KillWorker { get; init; }

    /// <summary>How many of the next accepted prompts are answered 500, though they are queued.</summary>
    public int? FailedPromptAnswers { get; init; }

    /// <summary>Deletes the files in the output folder; cached runs go on naming them.</summary>
    public bool DeleteOutputs { get; init; }

    /// <summary>How long each answer of /history/{id} takes, in milliseconds; 0 is as fast as can be.</summary>
    public int? HistoryDelayMs { get; init; }

    /// <summary>How long each answer of /upload/image takes, in milliseconds; 0 is as fast as can be.</summary>
    public int? UploadDelayMs { get; init; }

    /// <summary>What the history says the next prompt gave out, in the place of what it did.</summary>
    public JsonElement? HistoryOutputs { get; init; }

    /// <summary>How many of the next interrupts are answered 200 and lost.</summary>
    public int? LostInterrupts { get; init; }
}
