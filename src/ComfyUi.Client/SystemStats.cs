namespace ComfyUi.Client;

/// <summary>What the server says of itself. Null where it says nothing.</summary>
/// <param name="ComfyUiVersion">Such as 0.3.64.</param>
/// <param name="PythonVersion">The whole text of sys.version.</param>
/// <param name="PyTorchVersion">Such as 2.8.0+cu128.</param>
/// <param name="Os">Such as posix or nt.</param>
/// <param name="RamTotal">In bytes.</param>
/// <param name="RamFree">In bytes.</param>
/// <param name="Devices">The first is the one that computes.</param>
public sealed record SystemStats(
    string? ComfyUiVersion,
    string? PythonVersion,
    string? PyTorchVersion,
    string? Os,
    long? RamTotal,
    long? RamFree,
    IReadOnlyList<SystemDevice> Devices);

/// <summary>A device that computes.</summary>
/// <param name="Name">Such as "cuda:0 NVIDIA GeForce RTX 4090 : cudaMallocAsync" or "cpu".</param>
/// <param name="Type">Such as cuda, mps or cpu.</param>
/// <param name="Index">Null for the CPU.</param>
/// <param name="VramTotal">In bytes; the main memory for the CPU.</param>
/// <param name="VramFree">In bytes.</param>
public sealed record SystemDevice(string Name, string Type, int? Index, long? VramTotal, long? VramFree);
