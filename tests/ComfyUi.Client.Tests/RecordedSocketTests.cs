using ComfyUi.Client.Tests.Harness;

namespace ComfyUi.Client.Tests;

public sealed class RecordedSocketTests
{
    public static TheoryData<string> Expected() =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "expected")).Select(f => Path.GetFileNameWithoutExtension(f)).Order()];

    [Theory]
    [MemberData(nameof(Expected))]
    public async Task A_recorded_socket_becomes_the_expected_messages(string name)
    {
        var expected = await File.ReadAllLinesAsync(
            Path.Combine(AppContext.BaseDirectory, "expected", name + ".txt"), TestContext.Current.CancellationToken);
        var frames = Recording.Load(name[..3]).Frames(name.Split('.')[1]);
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast);

        var connection = await server.Accept();
        foreach (var frame in frames)
        {
            await connection.Send(frame, fragment: 1000);
        }

        (await socket.Next()).ShouldBe(new SocketMessage.Connected(connection.ClientId, SameClient: false));
        var transcript = new List<string>();
        while (transcript.Count < frames.Count)
        {
            transcript.Add(Transcript.Of(await socket.Next()));
        }

        transcript.ShouldBe(expected);
    }

    [Fact]
    public async Task A_preview_with_metadata_keeps_the_bytes_of_its_image()
    {
        var frame = Recording.Load("103").Frames("ws").First(f => !f.IsText);
        await using var server = await SocketServer.Start();
        await using var socket = new RunningSocket(server.Url, RunningSocket.Fast);

        var connection = await server.Accept();
        await connection.Send(frame, fragment: 7);

        var preview = await socket.Next<SocketMessage.Preview>();
        preview.ContentType.ShouldBe("image/jpeg");
        preview.Node.ShouldBe("2");
        preview.PromptId.ShouldBe("c77c79ac-8b4d-4579-8d24-9fb5de3eabec");
        preview.Image.ToArray().ShouldBe(frame.Bytes[(8 + 166)..]);
        preview.Image.Span[..4].ToArray().ShouldBe([0xff, 0xd8, 0xff, 0xe0]);
    }
}
