namespace ComfyUi.Client;

/// <summary>Why a node failed.</summary>
/// <param name="NodeId">The node, if one is to blame.</param>
/// <param name="NodeType">Its class.</param>
/// <param name="ExceptionType">The Python class, such as ValueError or torch.OutOfMemoryError.</param>
/// <param name="Message">Without the traceback; it may still name paths of the server.</param>
public sealed record ExecutionError(string? NodeId, string? NodeType, string ExceptionType, string Message)
{
    /// <summary>The server ran out of memory. It goes on; the same prompt may pass after memory was freed, or elsewhere.</summary>
    // torch.cuda.OutOfMemoryError, torch.OutOfMemoryError, MemoryError: the name depends on the version, and ComfyUI adds the sentence whatever the type.
    // A driver that runs out by itself is a torch.AcceleratorError, or a RuntimeError in older versions and on other devices; main memory that
    // PyTorch cannot get is a RuntimeError too.
    public bool IsOutOfMemory =>
        ExceptionType.EndsWith("MemoryError", StringComparison.Ordinal)
        || Message.Contains("This error means you ran out of memory on your GPU", StringComparison.Ordinal)
        || Message.Contains("Allocation on device", StringComparison.Ordinal)
        || (IsOfDevice && Shortages.Any(s => Message.Contains(s, StringComparison.OrdinalIgnoreCase)));

    // CUDA, MPS and others; main memory on Linux, of files mapped into it too, and on Windows; DirectML.
    private static string[] Shortages { get; } =
        ["out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory", "not enough GPU video memory"];

    private bool IsOfDevice => ExceptionType.EndsWith("AcceleratorError", StringComparison.Ordinal) || ExceptionType is "RuntimeError" or "OSError";
}
