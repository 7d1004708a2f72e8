namespace ComfyUi.Client;

/// <summary>How a prompt ended.</summary>
public enum PromptOutcome
{
    Succeeded,
    Failed,
    Interrupted,
}

/// <summary>The record of a finished prompt. The server keeps it in memory only and loses it on restart.</summary>
/// <param name="PromptId">The prompt.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Files">Also those of nodes that finished before a failure. A cached run names the files of the run before.</param>
/// <param name="Texts">Texts shown by nodes.</param>
/// <param name="Error">Set if and only if the prompt failed with a message.</param>
/// <param name="CachedNodes">Nodes that did not run since their result was cached.</param>
/// <param name="StartedAt">By the server's clock.</param>
/// <param name="EndedAt">By the server's clock.</param>
public sealed record HistoryEntry(
    string PromptId,
    PromptOutcome Outcome,
    IReadOnlyList<OutputFile> Files,
    IReadOnlyList<TextOutput> Texts,
    ExecutionError? Error,
    IReadOnlyList<string> CachedNodes,
    DateTimeOffset? StartedAt,
    DateTimeOffset? EndedAt)
{
    /// <summary>The output nodes that ran, which of a partly valid prompt are not all; empty where the server does not tell.</summary>
    public IReadOnlyList<string> OutputNodes { get; init; } = [];
}

/// <summary>A file that a node wrote, to be fetched with <see cref="ComfyUiClient.View"/>.</summary>
/// <param name="NodeId">The node.</param>
/// <param name="Key">images, gifs, videos, audio, 3d, or whatever a custom node chose.</param>
/// <param name="Filename">Name without folder.</param>
/// <param name="Subfolder">Folder below that of the type; empty for none.</param>
/// <param name="Type">output, temp or input.</param>
public sealed record OutputFile(string NodeId, string Key, string Filename, string Subfolder, string Type)
{
    /// <summary>False where the name or the folder leads out of the server's folders: what is there the server gives to nobody.</summary>
    public bool IsInside =>
        !Filename.StartsWith('/') && !Filename.Contains("..", StringComparison.Ordinal)
        && Subfolder is not (['/' or '\\', ..] or [>= 'A' and <= 'z', ':', ..]) && !Subfolder.Split('/', '\\').Contains("..")
        && !(Filename + Subfolder).Contains('\0', StringComparison.Ordinal);
}

/// <summary>A text that a node showed.</summary>
public sealed record TextOutput(string NodeId, string Text);
