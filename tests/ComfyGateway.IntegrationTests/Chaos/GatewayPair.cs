using System.Text.Json;
using ComfyGateway.IntegrationTests.Processes;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Chaos;

/// <summary>Two gateway processes over one PostgreSQL, one store and one ComfyUI. The first has the slot, since it was there first.</summary>
internal sealed class GatewayPair : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly Dictionary<string, string> _settings;
    private readonly int[] _ports = [SteadyPort.Take(), SteadyPort.Take()];

    private GatewayPair(DirectoryInfo folder, SimulatorServer simulator, string database)
    {
        (_folder, Simulator, Database, FirstsNetwork) = (folder, simulator, database, PostgresRelay.Start(database));
        _settings = new() { ["COMFYUI_URL"] = simulator.BaseUrl.ToString(), ["DATABASE_URL"] = database };
    }

    public SimulatorServer Simulator { get; }

    public string Database { get; }

    /// <summary>Between the first gateway and the database.</summary>
    public PostgresRelay FirstsNetwork { get; }

    public GatewayProgram First { get; private set; } = null!;

    public GatewayProgram Second { get; private set; } = null!;

    public static async Task<GatewayPair> Start(PostgresFixture postgres)
    {
        var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, CancellationToken.None);
        var pair = new GatewayPair(Directory.CreateTempSubdirectory("cg-"), simulator, await postgres.CreateDatabase());
        pair.First = await pair.StartOne(0);
        pair.Second = await pair.StartOne(1);
        return pair;
    }

    public async Task RestartFirst()
    {
        await First.DisposeAsync();
        First = await StartOne(0);
    }

    public async Task RestartSecond()
    {
        await Second.DisposeAsync();
        Second = await StartOne(1);
    }

    /// <summary>The job once it has succeeded, as the second gateway shows it.</summary>
    public async Task<JsonElement> Success(Guid jobId)
    {
        var job = default(JsonElement);
        await Eventually.Holds(
            async () => (job = await Second.Get($"/jobs/{jobId}")).GetProperty("status").GetString() == "succeeded", TimeSpan.FromMinutes(2), () => $"{job}\n{Second.Output}");
        return job;
    }

    public async ValueTask DisposeAsync()
    {
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await FirstsNetwork.DisposeAsync();
        await Simulator.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private Task<GatewayProgram> StartOne(int which) => GatewayProgram.Start(
        _folder.FullName, _ports[which], which == 0 ? new Dictionary<string, string>(_settings) { ["DATABASE_URL"] = FirstsNetwork.Database } : _settings);
}
