using System.Net.WebSockets;
using System.Text;
using ComfyUi.Simulator.Messages;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Messages;

/// <summary>A client that is fast posts a prompt before the server has come to greet it.</summary>
public sealed class ClientSocketTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_greeting_goes_before_all_that_was_sent_since_the_client_is_known()
    {
        using var wire = new MemoryStream();
        using var opened = WebSocket.CreateFromStream(wire, new WebSocketCreationOptions { IsServer = true });
        var socket = new ClientSocket(() => { });

        var early = socket.Send("executing", [], Ct);
        early.IsCompleted.ShouldBeFalse();
        await socket.Greet(opened, [("status", [])], Ct);
        await early;

        var sent = Encoding.Latin1.GetString(wire.ToArray());
        sent.ShouldContain("executing");
        sent.IndexOf("status", StringComparison.Ordinal).ShouldBeInRange(0, sent.IndexOf("executing", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_was_sent_to_a_client_that_never_came_is_let_go()
    {
        var socket = new ClientSocket(() => { });
        var early = socket.Send("executing", [], Ct);

        socket.End();

        await early;
    }
}
