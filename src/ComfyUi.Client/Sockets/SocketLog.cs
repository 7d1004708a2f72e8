using Microsoft.Extensions.Logging;

namespace ComfyUi.Client.Sockets;

internal static partial class SocketLog
{
    [LoggerMessage(1, LogLevel.Information, "Connected to ComfyUI at {Server} as client {ClientId}.")]
    public static partial void Connected(ILogger logger, Uri server, string clientId);

    [LoggerMessage(2, LogLevel.Warning, "The connection to ComfyUI at {Server} ended: {Reason}")]
    public static partial void Ended(ILogger logger, Uri server, string reason);

    // Said at each attempt, for as long as the server is away; who owns the socket tells that it is.
    [LoggerMessage(3, LogLevel.Debug, "Cannot connect to ComfyUI at {Server}: {Reason}")]
    public static partial void CannotConnect(ILogger logger, Uri server, string reason);

    [LoggerMessage(4, LogLevel.Error, "The receiver of ComfyUI's messages failed on {Message}.")]
    public static partial void ReceiverFailed(ILogger logger, string message, Exception exception);
}
