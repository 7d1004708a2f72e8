using ComfyUi.Simulator.Execution;
using ComfyUi.Simulator.Http;
using ComfyUi.Simulator.Messages;
using ComfyUi.Simulator.Network;
using ComfyUi.Simulator.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ComfyUi.Simulator;

/// <summary>
/// A stand-in for a ComfyUI server that a client cannot tell from the real one by protocol, and that needs neither GPU nor models.
/// Several can run in one process.
/// </summary>
public sealed class SimulatorServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly SimulatedProcess _process;
    private readonly MessageHub _hub;
    private readonly DataFolders _folders;
    private int _stopped;

    private SimulatorServer(WebApplication app, SimulatedProcess process, EngineParts parts)
    {
        _app = app;
        _process = process;
        _hub = parts.Hub;
        _folders = parts.Folders;
        Statistics = parts.Statistics;
        Faults = new SimulatorFaults(parts.Faults, process);
        BaseUrl = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());
    }

    /// <summary>Where the server listens, such as <c>http://127.0.0.1:8188/</c>.</summary>
    public Uri BaseUrl { get; }

    /// <summary>What the server did.</summary>
    public SimulatorStatistics Statistics { get; }

    /// <summary>Faults on demand.</summary>
    public SimulatorFaults Faults { get; }

    /// <summary>The folder with input, output and temp.</summary>
    public string DataPath => _folders.Root;

    /// <summary>Starts a server; it listens when the task completes.</summary>
    public static async Task<SimulatorServer> Start(SimulatorOptions options, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(options);
        var app = SimulatorApplication.Build(options);
        var gate = app.Services.GetRequiredService<NetworkGate>();
        var folders = new DataFolders(options.DataPath);
        var faults = new FaultState();
        var parts = new EngineParts(
            options, new NodeCatalog(options.Models, folders), folders, new MessageHub(faults, gate), faults,
            new SimulatorStatistics(PromptJournal.Open(options.JournalPath)));
        parts.Statistics.CountSockets = () => parts.Hub.Count;
        var process = new SimulatedProcess(parts, gate);
        parts.Hub.Start();
        SimulatorApplication.Map(app, parts, process);
        await app.StartAsync(ct);
        var server = new SimulatorServer(app, process, parts);
        await server.Faults.Apply(options.Faults ?? new FaultOrders());
        return server;
    }

    /// <summary>Stops the server; temporary folders are removed.</summary>
    public async Task Stop()
    {
        if (Interlocked.Exchange(ref _stopped, 1) == 1)
        {
            return;
        }

        await _process.DisposeAsync();
        _app.Services.GetRequiredService<NetworkGate>().AbortConnections();
        using var atOnce = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _app.StopAsync(atOnce.Token);
        await _hub.DisposeAsync();
        await _app.DisposeAsync();
        _folders.Dispose();
        Statistics.Close();
    }

    /// <summary>
    /// Waits until the server is stopped, or stops it when the token is cancelled. Signals are left to the program around it.
    /// </summary>
    public async Task WaitForStop(CancellationToken ct)
    {
        var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var byServer = _app.Lifetime.ApplicationStopping.Register(() => stopping.TrySetResult());
        await using var byCaller = ct.Register(() => stopping.TrySetResult());
        await stopping.Task;
        await Stop();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await Stop();
}
