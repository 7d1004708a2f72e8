using System.Globalization;
using ComfyGateway.IntegrationTests.Uploads;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>What a large upload costs the real process.</summary>
public sealed class UploadMemoryTests(ITestOutputHelper output) : IDisposable
{
    private const int Size = 50 * 1024 * 1024;
    private const long Allowed = 30L * 1024 * 1024;

    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}"));

    [Fact]
    public async Task Fifty_megabytes_pass_through_without_being_held()
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, TestContext.Current.CancellationToken);
        await using var gateway = await GatewayProgram.Start(
            _folder.FullName, FreePort.Take(), new Dictionary<string, string> { ["COMFYUI_URL"] = simulator.BaseUrl.ToString() });
        // The first of its kind loads code; that is not the file's doing.
        await gateway.Client.Upload(UploadCalls.Sound(1024)).ShouldBe(201);
        await gateway.Client.UploadForm(UploadCalls.Sound(1024), "warm.wav").ShouldBe(201);
        var before = Resident(gateway.ProcessId, "VmRSS");

        await gateway.Client.Upload(UploadCalls.Sound(Size)).ShouldBe(201);
        await gateway.Client.UploadForm(UploadCalls.Sound(Size), "large.wav").ShouldBe(201);

        var most = Resident(gateway.ProcessId, "VmHWM");
        output.WriteLine($"resident before {before / 1024 / 1024} MiB, at most {most / 1024 / 1024} MiB");
        (most - before).ShouldBeLessThan(Allowed);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    // From the kernel: what the process has now, and the most it ever had.
    private static long Resident(int processId, string name) =>
        long.Parse(File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
}
