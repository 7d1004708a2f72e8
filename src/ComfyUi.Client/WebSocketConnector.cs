using System.Net.Http.Headers;
using System.Net.WebSockets;

namespace ComfyUi.Client;

/// <summary>Opens a WebSocket. It must not send an Origin header: the server refuses those that differ from its own.</summary>
public delegate Task<WebSocket> WebSocketConnector(Uri endpoint, AuthenticationHeaderValue? authorization, CancellationToken ct);
