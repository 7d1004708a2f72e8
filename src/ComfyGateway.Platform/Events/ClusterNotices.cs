using System.Text;
using System.Threading.Channels;
using ComfyGateway.Platform.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ComfyGateway.Platform.Events;

/// <summary>
/// Tells the other gateways on the same database what happened here, by LISTEN and NOTIFY, and this one what happened there. A notice
/// is a hint to look: it can be lost with a connection, so nobody may wait for one without looking now and then.
/// </summary>
public sealed partial class ClusterNotices(NpgsqlDataSource database, GatewaySettings settings, TimeProvider clock, ILogger<ClusterNotices> logger) : BackgroundService
{
    private const string ChannelName = "comfygateway";
    private const int MaxTogether = 64;
    private const int MaxWaiting = 4096;

    // PostgreSQL refuses longer ones, and all that are sent with them.
    private const int MaxBytes = 7999;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly string _self = Guid.CreateVersion7().ToString("N");
    private readonly Channel<string> _outgoing = Channel.CreateBounded<string>(new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest });

    // A kind and what it is about.
    private event Action<string, string>? Received;

    /// <summary>A gateway that owns its database has no others.</summary>
    public bool IsAlone => settings.DatabaseUrl.Length == 0;

    /// <summary>Calls <paramref name="hear"/> with what each notice of this kind, of another gateway, is about.</summary>
    public void On(string kind, Action<string> hear) => Received += (received, about) =>
    {
        if (received == kind)
        {
            hear(about);
        }
    };

    /// <summary>Sends a notice to the other gateways, soon and at most once.</summary>
    /// <param name="kind">A word of the sender's module.</param>
    /// <param name="about">Short: PostgreSQL takes 8,000 bytes, and what is longer is told to nobody.</param>
    public void Send(string kind, string about)
    {
        if (IsAlone)
        {
            return;
        }

        var notice = $"{_self} {kind} {about}";
        if (Encoding.UTF8.GetByteCount(notice) > MaxBytes)
        {
            LogTooLong(logger, kind);
            return;
        }

        _outgoing.Writer.TryWrite(notice);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        IsAlone ? Task.CompletedTask : Task.WhenAll(Listen(stoppingToken), Notify(stoppingToken));

    private async Task Notify(CancellationToken ct)
    {
        var together = new List<string>(MaxTogether);
        while (await _outgoing.Reader.WaitToReadAsync(ct))
        {
            together.Clear();
            while (together.Count < MaxTogether && _outgoing.Reader.TryRead(out var notice))
            {
                together.Add(notice);
            }

            try
            {
                await using var command = database.CreateCommand($"select pg_notify('{ChannelName}', notice) from unnest($1) notice");
                command.Parameters.Add(new() { Value = together.Distinct().ToArray() });
                await command.ExecuteNonQueryAsync(ct);
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                // Whatever is wrong with these, the next have to be sent.
                LogNotTold(logger, exception.Message);
            }
        }
    }

    private async Task Listen(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using var connection = await database.OpenConnectionAsync(ct);
                connection.Notification += (_, notice) => Take(notice.Payload);
                await using (var listen = new NpgsqlCommand($"listen {ChannelName}", connection))
                {
                    await listen.ExecuteNonQueryAsync(ct);
                }

                while (true)
                {
                    await connection.WaitAsync(ct);
                }
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !ct.IsCancellationRequested)
            {
                // Whatever it was, nobody else would begin to listen again.
                LogDeaf(logger, exception.Message);
                await Task.Delay(Pause, clock, ct);
            }
        }
    }

    private void Take(string notice)
    {
        if (notice.Split(' ', 3) is [var sender, var kind, var about] && sender != _self)
        {
            Received?.Invoke(kind, about);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Other gateways were not told of a change: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A notice of kind {Kind} is too long to be sent to other gateways")]
    private static partial void LogTooLong(ILogger logger, string kind);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not listening to other gateways for now: {Reason}")]
    private static partial void LogDeaf(ILogger logger, string reason);
}
