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
        var socket = new ClientSocket(context.Abort);
        // Before the client learns that it is connected: what it posts then is not what ran when it came, and none of its frames may be missed.
        var greeting = Greeting(clientId);
        parts.Hub.Add(clientId, socket);
        try
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync(
                new WebSocketAcceptContext { DangerousEnableCompression = true, KeepAliveInterval = Timeout.InfiniteTimeSpan });
            await Converse(socket, accepted, greeting, context.RequestAborted);
        }
        finally
        {
            parts.Hub.Remove(clientId);
            socket.End();
        }
    }

    private async Task Converse(ClientSocket socket, WebSocket accepted, IEnumerable<(string Type, PyDict Data)> greeting, CancellationToken ct)
    {
        try
        {
            await parts.Hub.Greet(socket, accepted, greeting, ct);
            var awaitsFlags = true;
            while (await ClientSocket.Receive(accepted, ct) is { } text)
            {
                awaitsFlags = awaitsFlags && !await Understood(socket, text, ct);
            }
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or IOException)
        {
            // The client went away without a close frame.
        }
    }

    /// <summary>How long the queue is, and the client's node that runs, if there is one.</summary>
    private List<(string Type, PyDict Data)> Greeting(string clientId)
    {
        var engine = process.Engine;
        List<(string, PyDict)> greeting = [("status", new PyDict { ["status"] = Engine.QueueStatus(engine.Queue.Remaining), ["sid"] = clientId })];
        if (engine.ClientId == clientId && engine.LastNode is { } node)
        {
            greeting.Add(("executing", new PyDict { ["node"] = node }));
        }

        return greeting;
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
