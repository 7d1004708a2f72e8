using System.Collections.Immutable;
using ComfyGateway.Platform.Events;
using ComfyGateway.Platform.Problems;
using ComfyGateway.Platform.Settings;
using Marten;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ComfyGateway.Dispatch.Backends;

/// <summary>
/// The ComfyUI servers of the settings and of the administrators, each kept in touch with for as long as it is one. What administrators
/// change is read again at once where a notice tells of it, else within seconds.
/// </summary>
internal sealed partial class BackendPool : BackgroundService
{
    /// <summary>The kind of notice that tells other gateways of a change.</summary>
    public const string Kind = "backends";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private readonly GatewaySettings _settings;
    private readonly BackendFactory _factory;
    private readonly IDocumentStore _store;
    private readonly TimeProvider _clock;
    private readonly ILogger<BackendPool> _logger;
    private readonly WakeUp _told = new();
    private readonly SemaphoreSlim _refreshing = new(1);
    private volatile ImmutableList<RunningBackend> _running = [];
    private ImmutableList<RunningBackend> _retiring = [];

    // Asked for with every job.
    private volatile Backend[] _all = [];

    public BackendPool(
        GatewaySettings settings, BackendFactory factory, IDocumentStore store, ClusterNotices notices, TimeProvider clock, ILogger<BackendPool> logger)
    {
        (_settings, _factory, _store, _clock, _logger) = (settings, factory, store, clock, logger);
        notices.On(Kind, _ => _told.Raise());
    }

    /// <summary>Which backends there are, or how many slots they have, has changed.</summary>
    public event Action? Changed;

    /// <summary>A backend has something else than before.</summary>
    public event Action<Backend>? InventoryChanged;

    public IReadOnlyList<Backend> All => _all;

    /// <summary>How many jobs run at once on all of them.</summary>
    public int Slots => _all.Sum(b => b.Slots);

    public Backend? Find(string id) => Array.Find(_all, b => b.Id == id);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await Refresh(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Makes the pool what the settings and the administrators want now.</summary>
    public async Task Refresh(CancellationToken ct)
    {
        await _refreshing.WaitAsync(ct);
        try
        {
            await using var session = _store.QuerySession();
            if (Become(await BackendPlan.Read(session, _settings, ct)))
            {
                Changed?.Invoke();
            }

            await LetGoOfIdle();
        }
        finally
        {
            _refreshing.Release();
        }
    }

    public override void Dispose()
    {
        _refreshing.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            // Taken first: what is told during the look comes perhaps too late for it.
            var told = _told.Next;
            await RefreshIfPossible(stoppingToken);
            await Task.WhenAny(told, Task.Delay(Interval, _clock, stoppingToken));
        }

        await Task.WhenAll(_running.AddRange(_retiring).Select(r => r.DisposeAsync().AsTask()));
    }

    /// <summary>True where backends or slots came or went.</summary>
    private bool Become(IReadOnlyList<PlannedBackend> plan)
    {
        var wanted = plan.Where(p => p.Mode != BackendMode.Removed).ToArray();
        var gone = _running.FindAll(r => !wanted.Any(r.Is));
        foreach (var removed in gone)
        {
            removed.Backend.Want(BackendMode.Removed);
        }

        var isNew = wanted.Any(p => !_running.Exists(r => r.Is(p)));
        _retiring = _retiring.AddRange(gone);
        _running = [.. wanted.Select(p => _running.Find(r => r.Is(p)) ?? Start(p))];
        _all = [.. _running.Select(r => r.Backend)];
        foreach (var (backend, planned) in _all.Zip(wanted))
        {
            backend.Want(planned.Mode);
        }

        return isNew || gone.Count > 0;
    }

    private RunningBackend Start(PlannedBackend planned)
    {
        var backend = _factory.Make(planned.Address, planned.Slots);
        backend.Probe.InventoryChanged += () => InventoryChanged?.Invoke(backend);
        return new RunningBackend(backend);
    }

    /// <summary>What still runs on a removed backend is followed to its end.</summary>
    private async Task LetGoOfIdle()
    {
        foreach (var idle in _retiring.FindAll(r => r.Backend.Busy == 0))
        {
            _retiring = _retiring.Remove(idle);
            await idle.DisposeAsync();
        }
    }

    private async Task RefreshIfPossible(CancellationToken ct)
    {
        try
        {
            await Refresh(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
        }
        catch (Exception exception) when (DatabaseFailure.IsOutage(exception))
        {
            LogNotRefreshed(_logger, exception.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The backends are as they were when the database last answered: {Reason}")]
    private static partial void LogNotRefreshed(ILogger logger, string reason);
}
