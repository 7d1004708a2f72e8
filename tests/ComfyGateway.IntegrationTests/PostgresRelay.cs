using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace ComfyGateway.IntegrationTests;

/// <summary>Stands between a gateway and PostgreSQL, and can stand still: connections stay open, new ones are made, and nothing comes through.</summary>
internal sealed class PostgresRelay : IAsyncDisposable
{
    private readonly CancellationTokenSource _ending = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = Passing();

    private PostgresRelay(string database)
    {
        _server = new NpgsqlConnectionStringBuilder(database);
        _listener.Start();
        _accepting = Accept();
    }

    /// <summary>The database by way of the relay.</summary>
    public string Database => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Host = IPAddress.Loopback.ToString(),
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    }.ConnectionString;

    public static PostgresRelay Start(string database) => new(database);

    public void StandStill() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void GoOn() => _open.TrySetResult();

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        GoOn();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _ending.Dispose();
    }

    private static TaskCompletionSource Passing()
    {
        var open = new TaskCompletionSource();
        open.SetResult();
        return open;
    }

    private async Task Accept()
    {
        while (true)
        {
            _ = Relay(await _listener.AcceptTcpClientAsync(_ending.Token));
        }
    }

    private async Task Relay(TcpClient client)
    {
        using var near = client;
        using var far = await Connect();
        await Task.WhenAny(Pump(near.GetStream(), far.GetStream()), Pump(far.GetStream(), near.GetStream()));
    }

    private async Task<TcpClient> Connect()
    {
        // A Unix socket or an address, as the server has it.
        if (_server.Host!.StartsWith('/'))
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint($"{_server.Host}/.s.PGSQL.{_server.Port}"), _ending.Token);
            return new TcpClient { Client = socket };
        }

        var client = new TcpClient();
        await client.ConnectAsync(_server.Host, _server.Port, _ending.Token);
        return client;
    }

    private async Task Pump(Stream from, Stream to)
    {
        var buffer = new byte[16 * 1024];
        while (await from.ReadAsync(buffer, _ending.Token) is > 0 and var read)
        {
            await _open.Task;
            await to.WriteAsync(buffer.AsMemory(0, read), _ending.Token);
        }
    }
}
