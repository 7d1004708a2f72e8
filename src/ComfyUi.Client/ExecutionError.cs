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
    // A driver that runs out by itself is a torch.AcceleratorError, or a RuntimeError in older versions and on other devices.
    public bool IsOutOfMemory =>
        ExceptionType.EndsWith("MemoryError", StringComparison.Ordinal)
        || Message.Contains("This error means you ran out of memory on your GPU", StringComparison.Ordinal)
        || Message.Contains("Allocation on device", StringComparison.Ordinal)
        || (IsOfDevice && Message.Contains("out of memory", StringComparison.OrdinalIgnoreCase));

    private bool IsOfDevice => ExceptionType.EndsWith("AcceleratorError", StringComparison.Ordinal) || ExceptionType == "RuntimeError";
}
