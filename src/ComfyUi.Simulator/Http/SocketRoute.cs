using System.Net.WebSockets;
using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Messages;
using ComfyUi.Simulator.Python;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ComfyUi.Simulator.Http;

/// <summary>GET /ws: a status, the node that runs for a client that comes back, then frames as they come.</summary>
internal sealed class SocketRoute(EngineParts parts, SimulatedProcess process)
{
    public void Map(IEndpointRouteBuilder app) => app.MapGet("/ws", Connect);

    private async Task Connect(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            var header = context.Request.Headers.Upgrade.Count == 0 ? "None" : context.Request.Headers.Upgrade.ToString();
            await OddAnswers.Text(context, 400, $"No WebSocket UPGRADE hdr: {header}\n Can \"Upgrade\" only to \"WebSocket\".");
            return;
        }

        var given = context.Request.Query["clientId"].ToString();
        var clientId = given.Length > 0 ? given : Guid.CreateVersion7().ToString("N");
        // Before the client learns that it is connected: what it posts then is not what ran when it came.
        var node = process.Engine.ClientId == clientId ? process.Engine.LastNode : null;
        using var accepted = await context.WebSockets.AcceptWebSocketAsync(
            new WebSocketAcceptContext { DangerousEnableCompression = true, KeepAliveInterval = Timeout.InfiniteTimeSpan });
        var socket = new ClientSocket(accepted, context.Abort);
        await Converse(socket, clientId, node, context.RequestAborted);
    }

    /// <param name="node">The client's node that ran when it came, or null.</param>
    private async Task Converse(ClientSocket socket, string clientId, string? node, CancellationToken ct)
    {
        parts.Hub.Add(clientId, socket);
        try
        {
            await Greet(socket, clientId, node, ct);
            var awaitsFlags = true;
            while (await socket.Receive(ct) is { } text)
            {
                awaitsFlags = awaitsFlags && !await Understood(socket, text, ct);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client went away without a close frame.
        }
        finally
        {
            parts.Hub.Remove(clientId);
        }
    }

    private async Task Greet(ClientSocket socket, string clientId, string? node, CancellationToken ct)
    {
        var engine = process.Engine;
        var status = new PyDict { ["status"] = Engine.QueueStatus(engine.Queue.Remaining), ["sid"] = clientId };
        await parts.Hub.SendAtOnce(socket, "status", status, ct);
        if (node is not null)
        {
            await parts.Hub.SendAtOnce(socket, "executing", new PyDict { ["node"] = node }, ct);
        }
    }

    /// <summary>Feature flags count only as the first JSON object that a socket sends.</summary>
    private async Task<bool> Understood(ClientSocket socket, string text, CancellationToken ct)
    {
        PyDict? message;
        try
        {
            message = PyJson.Parse(text) as PyDict;
        }
        catch (PythonError)
        {
            return false;
        }

        if (message?.Find("type") is "feature_flags")
        {
            socket.SupportsPreviewMetadata = (message.Find("data") as PyDict)?.Find("supports_preview_metadata") is true;
            await parts.Hub.SendAtOnce(socket, "feature_flags", InfoRoutes.Features, ct);
        }

        return message is not null;
    }
}
