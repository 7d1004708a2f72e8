namespace ComfyGateway.Platform.Http;

/// <summary>Limits on every request that does not state its own.</summary>
public static class RequestLimits
{
    /// <summary>Largest body, in bytes.</summary>
    public const long MaxBodyBytes = 10 * 1024 * 1024;
}
