using System.Text;
using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

public sealed class SlowOwnerTests
{
    private const int Rounds = 300;

    [Fact]
    public async Task No_state_is_lost_and_the_server_never_waits_while_the_owner_is_busy()
    {
        var gate = new TaskCompletionSource();
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast with { MaxWaitingProgress = 10 }, _ => gate.Task);
        var connection = await server.Accept();

        // Far more than the buffers of both TCP stacks hold: this ends only if the client reads on.
        await connection.SendStatus();
        for (var round = 0; round < Rounds; round++)
        {
            await connection.Send($$$"""{"type": "executing", "data": {"node": "{{{round}}}", "prompt_id": "p"}}""");
            await connection.Send($$$"""{"type": "progress", "data": {"value": {{{round}}}, "max": 300, "prompt_id": "p", "node": "1"}}""");
            await connection.Send(Preview(imageType: 1, bytes: 100_000));
            await connection.Send(Preview(imageType: 2, bytes: round));
        }

        await connection.Send("""{"type": "last", "data": {}}""");
        gate.SetResult();

        var messages = new List<SocketMessage>();
        do
        {
            messages.Add(await socket.Next());
        }
        while (messages[^1] is not SocketMessage.Unknown { Type: "last" });
        messages.OfType<SocketMessage.Executing>().Select(m => m.Node)
            .ShouldBe(Enumerable.Range(0, Rounds).Select(i => i.ToString(null, null)));
        messages.OfType<SocketMessage.Preview>().Where(p => p.ContentType == "image/png").Select(p => p.Image.Length)
            .ShouldBe(Enumerable.Range(0, Rounds));
        var progress = messages.OfType<SocketMessage.Progress>().ToList();
        progress.Count.ShouldBeLessThan(Rounds);
        progress[^1].Value.ShouldBe(Rounds - 1);
    }

    [Fact]
    public async Task A_message_that_the_owner_cannot_handle_does_not_end_the_run()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(
            server.Url,
            RunningSocket.Fast,
            message => message is SocketMessage.Status ? throw new InvalidOperationException("no") : Task.CompletedTask);
        var connection = await server.Accept();

        await connection.SendStatus();
        await connection.Send("""{"type": "after", "data": {}}""");

        await socket.Next<SocketMessage.Connected>();
        (await socket.Next()).ShouldBe(new SocketMessage.Unknown("after"));
        socket.Run.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_skipped_and_the_next_one_read()
    {
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast with { MaxMessageBytes = 100_000 });
        var connection = await server.Accept();

        await connection.SendStatus();
        await connection.Send(Preview(imageType: 1, bytes: 99_992));
        await connection.Send(Preview(imageType: 1, bytes: 99_993));
        await connection.Send(Preview(imageType: 1, bytes: 3_000_000), fragment: 5000);
        await connection.Send("""{"type": "after", "data": {}}""");

        await socket.Next<SocketMessage.Status>();
        (await socket.Next()).ShouldBeOfType<SocketMessage.Preview>().Image.Length.ShouldBe(99_992);
        (await socket.Next()).ShouldBe(new SocketMessage.Unknown("too large"));
        (await socket.Next()).ShouldBe(new SocketMessage.Unknown("too large"));
        (await socket.Next()).ShouldBe(new SocketMessage.Unknown("after"));
    }

    [Theory]
    [InlineData("not json", "unreadable")]
    [InlineData("[1]", "")]
    [InlineData("{}", "")]
    [InlineData("""{"type": "status", "data": null}""", "status")]
    [InlineData("""{"type": "executing", "data": {}}""", "executing")]
    [InlineData("""{"type": "executing", "data": {"node": null}}""", "executing")]
    [InlineData("""{"type": "execution_start", "data": {"timestamp": 1}}""", "execution_start")]
    [InlineData("""{"type": "crystools.monitor", "data": {"gpu": NaN}}""", "crystools.monitor")]
    public void A_frame_that_makes_no_sense_is_unknown(string frame, string type) =>
        Sockets.TextFrame.Read(Encoding.UTF8.GetBytes(frame)).ShouldBe(new SocketMessage.Unknown(type));

    [Theory]
    [InlineData("", "binary")]
    [InlineData("00000001", "binary")]
    [InlineData("0000000300000000", "binary 3")]
    [InlineData("00000004ffffffff", "binary 4")]
    [InlineData("000000040000000158", "unreadable")]
    public void A_binary_frame_that_makes_no_sense_is_unknown(string hex, string type) =>
        Sockets.BinaryFrame.Read(Convert.FromHexString(hex)).ShouldBe(new SocketMessage.Unknown(type));

    private static RecordedFrame Preview(byte imageType, int bytes) =>
        new(false, [0, 0, 0, 1, 0, 0, 0, imageType, .. new byte[bytes]]);
}
