namespace ComfyUi.Client;

/// <summary>The queue of all clients at one moment.</summary>
/// <param name="Running">Zero or one prompt.</param>
/// <param name="Pending">In order of execution.</param>
public sealed record QueueSnapshot(IReadOnlyList<QueuedPrompt> Running, IReadOnlyList<QueuedPrompt> Pending);

/// <summary>A prompt in the queue.</summary>
/// <param name="PromptId">Ids are not unique by force: a duplicate is listed twice.</param>
/// <param name="Number">Place in the queue, lowest first; NaN if the server gave none that is finite.</param>
/// <param name="ClientId">The socket that hears of it; null where the prompt named none.</param>
public sealed record QueuedPrompt(string PromptId, double Number, string? ClientId = null)
{
    /// <summary>The output nodes that will run, which of a partly valid prompt are not all; empty where the server does not tell.</summary>
    public IReadOnlyList<string> OutputNodes { get; init; } = [];
}
