using System.Globalization;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Platform.Postgres;

/// <summary>The server process: taken over or started, and stopped, through pg_ctl, which gives it a session of its own.</summary>
internal sealed class PostgresServer(
    PostgresFolders folders, PostgresBinaries binaries, ServerAccount account, EmbeddedPostgresOptions options, ServerEnvironment environment)
{
    // https://github.com/postgres/postgres/blob/REL_17_STABLE/src/backend/port/sysv_shmem.c
    private const string OrphansHoldMemory = "pre-existing shared memory block";

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PatienceWithOrphans = TimeSpan.FromSeconds(15);
    private static readonly string StopSeconds = "30";
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PatienceWithAnExit = TimeSpan.FromSeconds(15);

    private readonly RunningServer _running = new(folders, options, environment.Clock);

    public ServerLog Log { get; } = new(folders, account);

    public int ProcessId { get; private set; }

    /// <summary>Stays the same for the life of the gateway, however often the server starts anew.</summary>
    public ServerAddress? Address { get; private set; }

    public bool IsAlive => ProcessTable.IsPostgres(ProcessId);

    public async Task Start(CancellationToken ct)
    {
        if (await _running.Find(ct) is { } found && (Address is null || Address == found.Address))
        {
            (ProcessId, Address) = found;
            environment.Logger.TookOver(ProcessId, folders.Cluster);
            return;
        }

        Address ??= ServerAddress.Choose(folders, options.OverTcp);
        await PrepareSocket(Address, ct);
        await Launch(Address, ct);
        ProcessId = PostmasterFile.Read(folders)?.ProcessId ?? 0;
    }

    public async Task Stop(CancellationToken ct)
    {
        var (exitCode, _) = await PgCtl(["stop", "-m", "fast", "-w", "-t", StopSeconds], ct);

        // A server that is gone already makes pg_ctl fail too.
        if (exitCode != 0 && IsAlive)
        {
            environment.Logger.StopsAtOnce(ProcessId);
            await PgCtl(["stop", "-m", "immediate", "-w", "-t", StopSeconds], ct);
        }

        await Exit(ct);
        RemoveSocketFolder();
    }

    // pg_ctl waits only for postmaster.pid to go, which is the last but one thing that the server does.
    private async Task Exit(CancellationToken ct)
    {
        var since = environment.Clock.GetTimestamp();

        while (IsAlive && environment.Clock.GetElapsedTime(since) < PatienceWithAnExit)
        {
            await Task.Delay(BetweenLooks, environment.Clock, ct);
        }
    }

    // One in the shared temporary folder would stay there for ever.
    private void RemoveSocketFolder()
    {
        if (Address is { IsSocket: true } && Directory.Exists(Address.Host) && !Directory.EnumerateFileSystemEntries(Address.Host).Any())
        {
            Directory.Delete(Address.Host);
        }
    }

    private async Task PrepareSocket(ServerAddress address, CancellationToken ct)
    {
        PostmasterFile.Read(folders)?.MarkStale();

        if (address.IsSocket)
        {
            PrivateFolder.Create(address.Host);
            await account.Give(address.Host, ct);
            File.Delete(address.SocketPath);
            File.Delete($"{address.SocketPath}.lock");
        }
    }

    private async Task Launch(ServerAddress address, CancellationToken ct)
    {
        var since = environment.Clock.GetTimestamp();
        var timeout = ((int)options.StartTimeout.TotalSeconds).ToString(CultureInfo.InvariantCulture);

        while (true)
        {
            await Log.Open(ct);
            var start = PgCtl(
                ["start", "-w", "-t", timeout, "-l", Path.GetFileName(folders.Log), "-o", ServerOptions.CommandLine(folders, address)],
                CancellationToken.None);
            var (exitCode, output) = await OrStopped(start, ct);

            if (exitCode == 0)
            {
                return;
            }

            // The processes of a server that was killed end as soon as they notice.
            if (!Log.Tail().Contains(OrphansHoldMemory, StringComparison.Ordinal) || environment.Clock.GetElapsedTime(since) > PatienceWithOrphans)
            {
                throw new EmbeddedPostgresException($"PostgreSQL did not start in {folders.Cluster}: {output}\n{Log.Tail()}");
            }

            await Task.Delay(BetweenTries, environment.Clock, ct);
        }
    }

    // A pg_ctl that is killed leaves a server, which nobody can stop before it has written postmaster.pid.
    private async Task<T> OrStopped<T>(Task<T> start, CancellationToken ct)
    {
        try
        {
            return await start.WaitAsync(ct);
        }
        catch (OperationCanceledException)
        {
            while (!start.IsCompleted)
            {
                await PgCtl(["stop", "-m", "fast", "-w", "-t", StopSeconds], CancellationToken.None);
                await Task.Delay(BetweenLooks, environment.Clock, CancellationToken.None);
            }

            throw;
        }
    }

    // The cluster goes by PGDATA and the log by a bare name: pg_ctl leaves a $ in a path to its shell.
    private Task<(int ExitCode, string Output)> PgCtl(string[] arguments, CancellationToken ct) =>
        ServerCommand.Run(account, folders.Data, binaries.PgCtl, arguments, ct, folders.Cluster);
}
