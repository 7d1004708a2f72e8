namespace ComfyUi.Client;

/// <summary>Why a request to ComfyUI has no usable answer.</summary>
public enum ComfyUiFailure
{
    /// <summary>No connection, or it broke before the whole answer was read.</summary>
    Unreachable,

    /// <summary>The connection or the answer took longer than the time limit of the HTTP client.</summary>
    Timeout,

    /// <summary>A status that this request never has when all is well; see <see cref="ComfyUiException.Status"/>.</summary>
    UnexpectedStatus,

    /// <summary>An answer that is not JSON, not of the expected shape, or too large.</summary>
    UnreadableAnswer,

    /// <summary>The file asked for does not exist.</summary>
    NotFound,
}

/// <summary>
/// The outcome of a request is unknown or unexpected. After <see cref="ComfyUiClient.Submit"/> the prompt may be queued all the same:
/// even with status 500, which the server answers for some prompts that it queues and runs; only <see cref="NotSent"/> rules it out.
/// </summary>
public sealed class ComfyUiException(ComfyUiFailure kind, string message, int? status = null, Exception? innerException = null)
    : Exception(message, innerException)
{
    public ComfyUiFailure Kind => kind;

    /// <summary>The HTTP status, if there was an answer.</summary>
    public int? Status => status;

    /// <summary>True if no connection was made, so that the server certainly knows nothing of the request.</summary>
    public bool NotSent { get; init; }
}
