using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>Takes one upload over TCP, as fast as it is told to. Little of it fits on the way, so that the client feels it at once.</summary>
internal sealed class UploadServer : IDisposable
{
    private const int Buffer = 64 * 1024;
    private const int Piece = 16 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly byte[] _piece = new byte[Piece];
    private TcpClient? _connection;
    private long _left;

    public UploadServer()
    {
        // Before it listens, or accepted sockets would not have it.
        _listener.Server.ReceiveBufferSize = Buffer;
        _listener.Start();
    }

    /// <summary>A client of it.</summary>
    public HttpClient Http(TimeSpan timeout)
    {
        var handler = new SocketsHttpHandler { ConnectCallback = Connect };
        var http = new HttpClient(handler) { Timeout = timeout };
        ComfyUiClient.Configure(http, new Uri($"http://{_listener.LocalEndpoint}"));
        return http;
    }

    /// <summary>Reads the head of the request.</summary>
    public async Task Accept()
    {
        _connection = await _listener.AcceptTcpClientAsync(Limit.Token());
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await _connection.GetStream().ReadExactlyAsync(_piece.AsMemory(0, 1), Limit.Token());
            head.Append((char)_piece[0]);
        }

        _left = long.Parse(head.ToString().Split("Content-Length: ")[1].Split("\r\n")[0], null);
    }

    /// <summary>Reads a little of the body, and again after a pause: for this long, or until the client is gone.</summary>
    public async Task ReadSlowly(TimeSpan duration)
    {
        using var over = new CancellationTokenSource(duration);
        while (!over.IsCancellationRequested && await Read())
        {
            await Task.Delay(Pause, Limit.Token());
        }
    }

    /// <summary>What is left of the body.</summary>
    public async Task ReadToEnd()
    {
        while (_left > 0 && await Read())
        {
        }

        _left.ShouldBe(0);
    }

    public async Task Answer() => await _connection!.GetStream().WriteAsync(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"name\": \"up.png\"}"u8.ToArray(), Limit.Token());

    public void Dispose()
    {
        _connection?.Dispose();
        _listener.Dispose();
    }

    private async Task<bool> Read()
    {
        try
        {
            var read = await _connection!.GetStream().ReadAsync(_piece, Limit.Token());
            _left -= read;
            return read > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendBufferSize = Buffer };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
