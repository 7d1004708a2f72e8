using System.Diagnostics;
using System.Globalization;
using ComfyGateway.IntegrationTests.Processes;
using ComfyGateway.Platform.Postgres;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>A gateway with its own PostgreSQL and two ComfyUIs, each a process that can be killed and comes back where it was.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private const int Backends = 2;

    // While PostgreSQL is away it tells of each look whether the gateway is ready.
    private const string RequestLog = "ComfyGateway.Platform.Http.RequestLog";

    // Open to others: as root the gateway runs PostgreSQL as another user, who must get here.
    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}"));
    private readonly int _port = SteadyPort.Take();
    private readonly int[] _ports = [.. Enumerable.Range(0, Backends).Select(_ => SteadyPort.Take())];
    private readonly SimulatorProgram[] _comfy = new SimulatorProgram[Backends];
    private readonly List<SimulatorProgram> _everyComfy = [];
    private readonly List<string> _logs = [];
    private GatewayProgram? _gateway;
    private int _postmaster;

    private Stage()
    {
        Client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{_port}"), Timeout = TimeSpan.FromSeconds(60) };
        Client.DefaultRequestHeaders.Add("X-API-Key", TestGateway.AdminKey);
    }

    /// <summary>Speaks to the gateway, whichever process that is.</summary>
    public HttpClient Client { get; }

    public string DataPath => Path.Combine(_folder.FullName, "data");

    /// <summary>Every simulator process that there was.</summary>
    public IReadOnlyList<SimulatorProgram> EveryComfy => _everyComfy;

    public static async Task<Stage> Start()
    {
        var stage = new Stage();
        await Task.WhenAll(Enumerable.Range(0, Backends).Select(stage.StartComfy));
        await stage.StartGateway(waits: true);
        return stage;
    }

    /// <param name="waits">False leaves before the new one is ready, so that the next kill can meet it at its start.</param>
    public async Task KillGateway(bool waits)
    {
        await _gateway!.Kill();
        _logs.Add(_gateway.Output);
        await _gateway.DisposeAsync();
        await StartGateway(waits);
    }

    public async Task KillComfy(int which, TimeSpan away)
    {
        await _comfy[which].Kill();
        await Task.Delay(away, TestContext.Current.CancellationToken);
        await StartComfy(which);
    }

    /// <param name="waits">False leaves while the new server may still be recovering.</param>
    public async Task KillPostgres(bool waits)
    {
        var killed = await Postmaster();
        using (var process = Process.GetProcessById(killed))
        {
            process.Kill();
        }

        await Eventually.Holds(async () => await Postmaster() != killed, otherwise: () => _gateway!.Output);
        await (waits ? _gateway!.UntilReady() : Task.CompletedTask);
    }

    public Task UntilReady() => _gateway!.UntilReady();

    /// <summary>Stops the gateway and its PostgreSQL, for a look into what they kept.</summary>
    public Task StopGateway() => _gateway!.Terminate();

    /// <summary>What the gateways logged as errors: the first thing to look at when a run fails. Marten's tries are many, and told by what comes of them.</summary>
    public IEnumerable<string> Errors() => _logs.Append(_gateway!.Output)
        .SelectMany(l => l.Split('\n'))
        .Where(l => l.Contains("\"@l\":\"Error\"", StringComparison.Ordinal))
        .Where(l => !l.Contains(RequestLog, StringComparison.Ordinal) && !l.Contains("\"SourceContext\":\"Marten", StringComparison.Ordinal) && !l.Contains("UpdateBatch", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await (_gateway?.DisposeAsync() ?? ValueTask.CompletedTask);
        foreach (var comfy in _everyComfy)
        {
            await comfy.DisposeAsync();
        }

        Client.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task StartGateway(bool waits)
    {
        _gateway = GatewayProgram.Launch(_folder.FullName, _port, new Dictionary<string, string>
        {
            ["COMFYUI_URL"] = string.Join(',', _ports.Select(p => $"http://127.0.0.1:{p}")),
            // A job may be unlucky with many a ComfyUI; what is asked here is that it ends well all the same.
            ["MAX_ATTEMPTS"] = "100",
        });
        await (waits ? _gateway.UntilReady() : Task.CompletedTask);
    }

    private async Task StartComfy(int which)
    {
        _comfy[which] = await SimulatorProgram.Start(Path.Combine(_folder.FullName, $"comfy{which}"), _ports[which]);
        lock (_everyComfy)
        {
            _everyComfy.Add(_comfy[which]);
        }
    }

    /// <summary>The PostgreSQL of the moment; the one of before while there is none.</summary>
    private async Task<int> Postmaster()
    {
        try
        {
            var lines = await File.ReadAllLinesAsync(Path.Combine(DataPath, "postgres", "postmaster.pid"), TestContext.Current.CancellationToken);
            _postmaster = lines.Length > 0 && int.TryParse(lines[0], CultureInfo.InvariantCulture, out var id) && ProcessTable.IsPostgres(id) ? id : _postmaster;
        }
        catch (IOException)
        {
            // Away, or just being written.
        }

        return _postmaster;
    }
}
