namespace ComfyUi.Client;

/// <summary>
/// What a <see cref="ComfyUiSocket"/> tells its owner. Prompts that were queued without client id show up on every socket, so look at
/// the prompt id always. Nothing that happened while disconnected is told later: ask history.
/// </summary>
public abstract record SocketMessage
{
    private SocketMessage()
    {
    }

    /// <summary>The server answers on a new connection.</summary>
    /// <param name="ClientId">To be named by the prompts that follow.</param>
    /// <param name="SameClient">The id is that of the connection before, so prompts queued then are still told of.</param>
    public sealed record Connected(string ClientId, bool SameClient) : SocketMessage;

    /// <summary>The connection is gone.</summary>
    /// <param name="Reason">For people and logs.</param>
    public sealed record Disconnected(string Reason) : SocketMessage;

    /// <summary>The queue's length changed.</summary>
    /// <param name="QueueRemaining">Pending and running prompts of all clients.</param>
    public sealed record Status(int QueueRemaining) : SocketMessage;

    /// <summary>A prompt begins.</summary>
    public sealed record ExecutionStart(string PromptId, DateTimeOffset? Timestamp) : SocketMessage;

    /// <summary>These nodes will not run since their results are cached.</summary>
    public sealed record ExecutionCached(string PromptId, IReadOnlyList<string> Nodes) : SocketMessage;

    /// <summary>A node begins; or the prompt has ended and is in history, if there is no node.</summary>
    /// <param name="PromptId">Missing in the frame that a server sends right after a reconnect.</param>
    /// <param name="Node">Null at the end of the prompt.</param>
    public sealed record Executing(string? PromptId, string? Node) : SocketMessage;

    /// <summary>A node made progress. May be left out if the owner is slow.</summary>
    public sealed record Progress(string PromptId, string Node, double Value, double Max) : SocketMessage;

    /// <summary>All nodes of the prompt that have begun. May be left out if the owner is slow.</summary>
    public sealed record ProgressState(string PromptId, IReadOnlyList<NodeProgress> Nodes) : SocketMessage;

    /// <summary>A node gave something to show. A cached node tells the files of its earlier run.</summary>
    public sealed record Executed(string PromptId, string Node, IReadOnlyList<OutputFile> Files, IReadOnlyList<TextOutput> Texts)
        : SocketMessage;

    /// <summary>The prompt succeeded; history has it only when <see cref="Executing"/> without node follows.</summary>
    public sealed record ExecutionSuccess(string PromptId, DateTimeOffset? Timestamp) : SocketMessage;

    /// <summary>The prompt failed; history has it only when <see cref="Executing"/> without node follows.</summary>
    public sealed record ExecutionError(string PromptId, Client.ExecutionError Error) : SocketMessage;

    /// <summary>The prompt was interrupted; history has it only when <see cref="Executing"/> without node follows.</summary>
    public sealed record ExecutionInterrupted(string PromptId, string? Node, string? NodeType) : SocketMessage;

    /// <summary>
    /// An image on its way: a preview, or the result of a node that sends it here and stores it nowhere (these send PNG).
    /// JPEG may be left out if the owner is slow.
    /// </summary>
    /// <param name="PromptId">Missing if the server does not know of preview metadata.</param>
    /// <param name="Node">Likewise.</param>
    /// <param name="ContentType">image/jpeg or image/png.</param>
    /// <param name="Image">The encoded image.</param>
    public sealed record Preview(string? PromptId, string? Node, string ContentType, ReadOnlyMemory<byte> Image) : SocketMessage;

    /// <summary>A frame of another kind, from a newer server or a custom node, or one that makes no sense.</summary>
    public sealed record Unknown(string Type) : SocketMessage;
}

/// <summary>How far a node is.</summary>
/// <param name="Node">The node.</param>
/// <param name="Value">From 0 to <paramref name="Max"/>.</param>
/// <param name="Max">Number of steps, or 1.</param>
/// <param name="State">running or finished; a failed node stays running.</param>
public sealed record NodeProgress(string Node, double Value, double Max, string State);
