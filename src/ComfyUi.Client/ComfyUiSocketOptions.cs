namespace ComfyUi.Client;

/// <summary>Time limits and sizes of a <see cref="ComfyUiSocket"/>.</summary>
public sealed record ComfyUiSocketOptions
{
    /// <summary>The client id of every connection; null for an own one, and a new one whenever the server may still hold the old connection.</summary>
    public string? ClientId { get; init; }

    /// <summary>From the handshake to the first frame.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Pause between our pings. The server never pings.</summary>
    public TimeSpan KeepAliveInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A ping unanswered that long means that the server is mute.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long the closing handshake may take before the connection is cut.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Pause before the first attempt to reconnect; doubled for each further one, with jitter.</summary>
    public TimeSpan ReconnectDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Longest pause between attempts.</summary>
    public TimeSpan MaxReconnectDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Larger messages are skipped, in bytes.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>How many previews and progress messages wait for a slow owner; beyond that the oldest are left out.</summary>
    public int MaxWaitingProgress { get; init; } = 64;
}
