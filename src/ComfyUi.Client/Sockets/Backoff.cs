namespace ComfyUi.Client.Sockets;

/// <summary>Pauses between attempts to connect.</summary>
internal static class Backoff
{
    /// <summary>Doubles with each failure; between half and the whole of that, so that gateways do not knock in step.</summary>
    public static TimeSpan Delay(ComfyUiSocketOptions options, int failures)
    {
        var doubled = options.ReconnectDelay * Math.Pow(2, Math.Min(failures, 20));
        var limited = doubled < options.MaxReconnectDelay ? doubled : options.MaxReconnectDelay;
        return limited * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
