using System.Net.WebSockets;
using ComfyUi.Client.Tests.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyUi.Client.Tests;

public sealed class BrokenConnectionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_of_file_and_reset_without_a_close_frame_keep_the_client_id(bool endOfFile)
    {
        using var server = new RawSocketServer();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast);
        using var first = await server.Accept();
        await socket.Next<SocketMessage.Connected>();
        await first.Receive();

        if (endOfFile)
        {
            first.EndOfFile();
        }
        else
        {
            first.Reset();
        }

        using var second = await server.Accept();
        second.ClientId.ShouldBe(first.ClientId);
        (await socket.Next<SocketMessage.Connected>()).SameClient.ShouldBeTrue();
    }

    [Fact]
    public async Task A_silent_server_that_answers_pings_is_kept()
    {
        using var server = new RawSocketServer();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast with
        {
            KeepAliveInterval = TimeSpan.FromMilliseconds(20),
            KeepAliveTimeout = TimeSpan.FromSeconds(30),
        });
        using var connection = await server.Accept();

        for (var pings = 0; pings < 20;)
        {
            var (opcode, payload) = await connection.Receive();
            if (opcode == RawConnection.Ping)
            {
                pings++;
                await connection.SendPong(payload);
            }
        }

        socket.Socket.IsConnected.ShouldBeTrue();
        socket.StatesBeforeConnect.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_server_that_cannot_be_reached_is_tried_again_with_the_same_id_until_it_is_there()
    {
        var attempts = 0;
        await using var server = await SocketServer.Start();
        await using var socket = new ComfyUiSocket(
            server.Url,
            RunningSocket.Fast,
            TimeProvider.System,
            NullLogger.Instance,
            (endpoint, authorization, ct) => ++attempts < 4
                ? Task.FromException<WebSocket>(new WebSocketException(WebSocketError.NotAWebSocket))
                : Sockets.ClientWebSockets.Connector(RunningSocket.Fast)(endpoint, authorization, ct));
        var id = socket.ClientId;

        _ = socket.Run((_, _) => ValueTask.CompletedTask, CancellationToken.None);

        (await server.Accept()).ClientId.ShouldBe(id);
        attempts.ShouldBe(4);
    }
}
