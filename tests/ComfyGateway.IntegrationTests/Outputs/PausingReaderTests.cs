using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ComfyGateway.Outputs;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.IntegrationTests.Outputs;

public sealed class PausingReaderTests : IDisposable
{
    // More than the system keeps for a connection on both sides.
    private const int Size = 24 * 1024 * 1024;

    // The server cuts readers off that take nothing for five seconds, where it expected them to.
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(9);

    private readonly string _file = Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}");

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_reader_that_pauses_for_a_while_gets_all_of_a_file()
    {
        var content = RandomNumberGenerator.GetBytes(Size);
        await File.WriteAllBytesAsync(_file, content, Ct);
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/file", () => (IResult)new ServedFile(new KnownFile("a.bin", "application/octet-stream", "0", TimeProvider.System.GetUtcNow()), File.OpenRead(_file)));
        await app.StartAsync(Ct);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(app.Urls.First()).Port, Ct);
        await socket.SendAsync(Encoding.ASCII.GetBytes("GET /file HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), Ct);

        await Task.Delay(Pause, Ct);

        using var answer = new MemoryStream();
        await using (var stream = new NetworkStream(socket))
        {
            await stream.CopyToAsync(answer, Ct);
        }

        var body = answer.GetBuffer().AsSpan(0, (int)answer.Length);
        body.Length.ShouldBeGreaterThan(Size);
        body[^Size..].SequenceEqual(content).ShouldBeTrue();
    }

    public void Dispose() => File.Delete(_file);
}
