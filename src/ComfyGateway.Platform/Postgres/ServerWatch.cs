namespace ComfyGateway.Platform.Postgres;

/// <summary>Starts the server again when it ends while the gateway runs.</summary>
internal sealed class ServerWatch(PostgresServer server, PostgresFolders folders, ServerEnvironment environment) : IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stopping = new();
    private Task _watching = Task.CompletedTask;

    public void Begin() => _watching = Watch(_stopping.Token);

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    private async Task Watch(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(BetweenLooks, environment.Clock);

        while (await timer.WaitForNextTickAsync(ct))
        {
            if (!server.IsAlive)
            {
                environment.Logger.Died(server.ProcessId, folders.Log);
                await StartAgain(ct);
                environment.Logger.RunsAgain(server.ProcessId);
            }

            server.Log.Trim();
        }
    }

    private async Task StartAgain(CancellationToken ct)
    {
        for (var wait = FirstWait; ; wait = wait * 2 < LongestWait ? wait * 2 : LongestWait)
        {
            try
            {
                await server.Start(ct);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                environment.Logger.StaysDown(e, wait);
            }

            await Task.Delay(wait, environment.Clock, ct);
        }
    }
}
