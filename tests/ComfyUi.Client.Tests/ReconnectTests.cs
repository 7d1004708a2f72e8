using System.Net.WebSockets;
using ComfyUi.Client.Tests.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyUi.Client.Tests;

public sealed class ReconnectTests
{
    private const string FeatureFlags = """{"type":"feature_flags","data":{"supports_preview_metadata":true}}""";

    private static readonly ComfyUiSocketOptions Patient = RunningSocket.Fast with { CloseTimeout = TimeSpan.FromSeconds(60) };

    [Fact]
    public async Task The_handshake_names_client_and_path_and_no_origin_and_authenticates()
    {
        await using var server = await SocketServer.Start();
        var url = new UriBuilder(server.Url) { Path = "/comfy/a", UserName = "me%40home", Password = "p%3Aw" }.Uri;

        await using var socket = new RunningSocket(url, RunningSocket.Fast);

        var connection = await server.Accept();
        connection.Path.ShouldBe("/comfy/a/ws");
        connection.ClientId.ShouldBe(socket.Socket.ClientId);
        connection.Headers.Keys.ShouldNotContain("Origin");
        connection.Headers["Authorization"].ShouldBe("Basic " + Convert.ToBase64String("me@home:p:w"u8));
    }

    [Fact]
    public async Task It_is_connected_only_when_the_server_has_sent_a_frame()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast);
        var connection = await server.Accept();
        var connected = socket.Socket.WaitUntilConnected(Limit.Token());

        (await connection.Receive()).ShouldBe(FeatureFlags);
        socket.Socket.IsConnected.ShouldBeFalse();
        socket.Socket.LastFrameAt.ShouldBe(DateTimeOffset.MinValue);
        connected.IsCompleted.ShouldBeFalse();

        await connection.SendStatus(3);

        (await connected).ShouldBe(connection.ClientId);
        socket.Socket.IsConnected.ShouldBeTrue();
        socket.Socket.LastFrameAt.ShouldBeGreaterThan(DateTimeOffset.UnixEpoch);
        (await socket.Next()).ShouldBe(new SocketMessage.Connected(connection.ClientId, false));
        (await socket.Next()).ShouldBe(new SocketMessage.Status(3));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_the_server_ended_the_connection_it_comes_back_with_the_same_client_id(bool clean)
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast);
        var first = await server.Accept();
        await first.SendStatus();
        await socket.Next<SocketMessage.Connected>();

        await End(first, clean);

        await socket.Next<SocketMessage.Disconnected>();
        var second = await server.Accept();
        second.ClientId.ShouldBe(first.ClientId);
        (await second.Receive()).ShouldBe(FeatureFlags);
        await second.SendStatus();
        (await socket.Next<SocketMessage.Connected>()).ShouldBe(new SocketMessage.Connected(first.ClientId, SameClient: true));
    }

    [Fact]
    public async Task A_mute_server_is_given_up_and_gets_a_new_client_id_after_the_old_connection_is_cut()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast with
        {
            KeepAliveInterval = TimeSpan.FromMilliseconds(50),
            KeepAliveTimeout = TimeSpan.FromMilliseconds(150),
        });
        var first = await server.Accept();
        await first.SendStatus();
        await socket.Next<SocketMessage.Connected>();

        // Nobody reads on the server's side, so no pong goes out.
        await socket.Next<SocketMessage.Disconnected>();

        var second = await server.Accept();
        second.ClientId.ShouldNotBe(first.ClientId);
        second.ClientId.ShouldBe(socket.Socket.ClientId);
        socket.StatesBeforeConnect[1].ShouldBeOneOf(WebSocketState.Aborted, WebSocketState.Closed);
        await second.SendStatus();
        (await socket.Next<SocketMessage.Connected>()).SameClient.ShouldBeFalse();
    }

    [Fact]
    public async Task A_server_that_is_silent_after_the_handshake_gets_a_new_client_id()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(
            server.Url, RunningSocket.Fast with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });

        var first = await server.Accept();
        var second = await server.Accept();

        second.ClientId.ShouldNotBe(first.ClientId);
    }

    [Fact]
    public async Task A_reset_closes_with_a_handshake_and_comes_back_with_a_new_client_id()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, Patient);
        var first = await server.Accept();
        (await first.Receive()).ShouldBe(FeatureFlags);
        await first.SendStatus();
        var oldId = await socket.Socket.WaitUntilConnected(Limit.Token());

        var reset = socket.Socket.Reset();

        (await first.Receive()).ShouldBeNull();
        reset.IsCompleted.ShouldBeFalse();
        await first.Close();
        await reset.WaitAsync(Limit.Token());
        socket.StatesBeforeConnect.ShouldAllBe(state => state == null || state == WebSocketState.Closed);
        var connected = socket.Socket.WaitUntilConnected(Limit.Token());
        var second = await server.Accept();
        await second.SendStatus();
        (await connected).ShouldBe(second.ClientId);
        second.ClientId.ShouldNotBe(oldId);

        var disposing = socket.DisposeAsync();
        (await second.Receive()).ShouldBe(FeatureFlags);
        await second.Close();
        await disposing;
    }

    [Fact]
    public async Task A_reset_cuts_the_connection_of_a_server_that_does_not_answer_the_close()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(
            server.Url, RunningSocket.Fast with { CloseTimeout = TimeSpan.FromMilliseconds(200) });
        var first = await server.Accept();
        await first.SendStatus();
        await socket.Socket.WaitUntilConnected(Limit.Token());

        await socket.Socket.Reset().WaitAsync(Limit.Token());

        (await server.Accept()).ClientId.ShouldNotBe(first.ClientId);
        await Should.ThrowAsync<OperationCanceledException>(first.Released.WaitAsync(Limit.Token()));
    }

    [Fact]
    public async Task A_given_client_id_is_kept_even_where_the_connection_was_given_up()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast with { ClientId = "of-another", CloseTimeout = TimeSpan.FromMilliseconds(200) });
        var first = await server.Accept();
        await first.SendStatus();
        (await socket.Socket.WaitUntilConnected(Limit.Token())).ShouldBe("of-another");

        await socket.Socket.Reset().WaitAsync(Limit.Token());

        (first.ClientId, (await server.Accept()).ClientId).ShouldBe(("of-another", "of-another"));
    }

    [Fact]
    public async Task The_run_ends_quietly_where_connecting_fails_just_as_it_is_cancelled()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Limit.Token());
        await using var socket = new ComfyUiSocket(new Uri("http://nowhere/"), RunningSocket.Fast, TimeProvider.System, NullLogger.Instance, async (_, _, _) =>
        {
            await stop.CancelAsync();
            throw new WebSocketException("Connection refused");
        });

        await socket.Run((_, _) => ValueTask.CompletedTask, stop.Token);
    }

    [Fact]
    public async Task The_run_ends_quietly_and_closes_the_connection_when_it_is_cancelled()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new ComfyUiSocket(
            server.Url, Patient, TimeProvider.System, NullLogger.Instance);
        using var stop = new CancellationTokenSource();
        var run = socket.Run((_, _) => ValueTask.CompletedTask, stop.Token);
        var connection = await server.Accept();
        (await connection.Receive()).ShouldBe(FeatureFlags);

        await stop.CancelAsync();

        (await connection.Receive()).ShouldBeNull();
        await connection.Close();
        await run.WaitAsync(Limit.Token());
        socket.IsConnected.ShouldBeFalse();
    }

    private static async Task End(ServerConnection connection, bool clean)
    {
        if (clean)
        {
            (await connection.Receive()).ShouldBe(FeatureFlags);
            await connection.Close();
        }
        else
        {
            connection.Drop();
        }
    }
}
