using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>The program killed again and again while it stores outputs. KILLS says how often; <c>make kill</c> does it 20 times.</summary>
public sealed class KillWhileStoringTests : IDisposable
{
    private const int JobsPerKill = 3;

    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("KILLS") ?? "3", CultureInfo.InvariantCulture);

    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}"));
    private readonly int _port = FreePort.Take();

    private string Store => Path.Combine(_folder.FullName, "data", "outputs");

    [Fact]
    public async Task No_file_is_cut_lost_or_there_twice()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0, StepTime = TimeSpan.Zero }, TestContext.Current.CancellationToken);
        var settings = new Dictionary<string, string> { ["COMFYUI_URL"] = simulator.BaseUrl.ToString(), ["MAX_CONCURRENCY"] = "2" };
        var jobs = new List<Guid>();
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var doomed = await GatewayProgram.Start(_folder.FullName, _port, settings);
            var stored = Files().Length;
            for (var n = 0; n < JobsPerKill; n++)
            {
                jobs.Add(await doomed.Submit(new
                {
                    workflowId = "icon_512",
                    inputs = new { prompt = $"{kill} {n}", width = 512, height = 512, steps = 1, batch_size = 4, seed = jobs.Count },
                }));
            }

            // In the middle of it: some files of these jobs are there, and others are on their way.
            await Eventually.Holds(() => Task.FromResult(Files().Length > stored + (kill % JobsPerKill)), otherwise: () => doomed.Output);
            await doomed.Kill();
        }

        await using var gateway = await GatewayProgram.Start(_folder.FullName, _port, settings);
        var recorded = new List<string>();
        foreach (var jobId in jobs)
        {
            await Eventually.Holds(async () => Status(await gateway.Get($"/jobs/{jobId}")) == "succeeded", otherwise: () => gateway.Output);
            recorded.AddRange(await Check(gateway, await gateway.Get($"/jobs/{jobId}")));
        }

        Files().ShouldBe(recorded, ignoreOrder: true);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Each file of a job is served whole, and is what was recorded.</summary>
    private static async Task<IEnumerable<string>> Check(GatewayProgram gateway, JsonElement job)
    {
        var outputs = job.GetProperty("outputs").EnumerateArray().ToArray();
        outputs.Length.ShouldBe(4);
        outputs.Select(o => o.GetProperty("filename").GetString()).ShouldBeUnique();
        foreach (var output in outputs)
        {
            var bytes = await gateway.Client.GetByteArrayAsync(output.GetProperty("url").GetString(), TestContext.Current.CancellationToken);
            Convert.ToHexStringLower(SHA256.HashData(bytes)).ShouldBe(output.GetProperty("sha256").GetString());
        }

        return outputs.Select(o => o.GetProperty("storagePath").GetString()!);
    }

    private static string? Status(JsonElement job) => job.GetProperty("status").GetString();

    /// <summary>What is in the store under a name; what was being written when the kill came is under none.</summary>
    private string[] Files() => !Directory.Exists(Store)
        ? []
        : [.. Directory.GetFiles(Store, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(Store, f)).Where(f => !f.StartsWith('.'))];
}
