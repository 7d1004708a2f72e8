namespace ComfyGateway.Outputs.Contracts;

/// <summary>The store works, but has no room.</summary>
public sealed class StoreFullException(Exception cause) : IOException("The disk that outputs are kept on is full.", cause);
