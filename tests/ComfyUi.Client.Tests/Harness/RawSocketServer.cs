using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>WebSockets by hand over TCP, for what a well-behaved server does not let a test do.</summary>
internal sealed class RawSocketServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawSocketServer() => _listener.Start();

    public Uri Url => new($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    public async Task<RawConnection> Accept()
    {
        var client = await _listener.AcceptTcpClientAsync(Limit.Token());
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            var one = new byte[1];
            await client.GetStream().ReadExactlyAsync(one, Limit.Token());
            head.Append((char)one[0]);
        }

        var connection = new RawConnection(client, head.ToString());
        await connection.Welcome();
        return connection;
    }

    public void Dispose() => _listener.Dispose();
}

internal sealed class RawConnection(TcpClient client, string head) : IDisposable
{
    public const int Ping = 0x9;

    public string ClientId => head.Split(' ')[1].Split("clientId=")[1];

    public async Task Welcome()
    {
        var key = head.Split("\r\n").First(l => l.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase)).Split(": ")[1];
#pragma warning disable CA5350 // RFC 6455 asks for SHA-1.
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
        await Write(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
        await SendFrame(0x1, """{"type":"status","data":{"status":{"exec_info":{"queue_remaining":0}}}}"""u8.ToArray());
    }

    public Task SendPong(byte[] payload) => SendFrame(0xA, payload);

    /// <summary>The next frame of the client, unmasked.</summary>
    public async Task<(int Opcode, byte[] Payload)> Receive()
    {
        var header = new byte[6];
        await client.GetStream().ReadExactlyAsync(header, Limit.Token());
        var payload = new byte[header[1] & 0x7f];
        await client.GetStream().ReadExactlyAsync(payload, Limit.Token());
        return (header[0] & 0xf, [.. payload.Select((b, i) => (byte)(b ^ header[2 + (i % 4)]))]);
    }

    /// <summary>FIN without a close frame, as when the server's process ends.</summary>
    public void EndOfFile() => client.Client.Shutdown(SocketShutdown.Send);

    /// <summary>RST.</summary>
    public void Reset()
    {
        client.LingerState = new LingerOption(true, 0);
        client.Close();
    }

    public void Dispose() => client.Dispose();

    private Task SendFrame(int opcode, byte[] payload) => Write([(byte)(0x80 | opcode), (byte)payload.Length, .. payload]);

    private async Task Write(byte[] bytes) => await client.GetStream().WriteAsync(bytes, Limit.Token());
}
