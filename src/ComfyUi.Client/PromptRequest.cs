namespace ComfyUi.Client;

/// <summary>A graph to queue.</summary>
/// <param name="PromptId">Chosen by the caller, unique: the server uses it as is and does not check. Frames can arrive before the answer.</param>
/// <param name="ClientId">The <see cref="ComfyUiSocket.ClientId"/> that shall hear of this prompt.</param>
/// <param name="Prompt">The graph in API format: one JSON object in UTF-8 without byte order mark. The server takes up to 100 MiB by default.</param>
/// <param name="Number">Place in the queue, lowest first; without it the server counts up.</param>
/// <param name="Front">Queue before everything that has a positive number.</param>
public sealed record PromptRequest(string PromptId, string ClientId, ReadOnlyMemory<byte> Prompt, double? Number = null, bool Front = false);
