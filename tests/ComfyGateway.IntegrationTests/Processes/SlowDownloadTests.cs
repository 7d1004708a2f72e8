using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ComfyUi.Simulator;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>
/// What many slow readers cost the real process: a few in the ordinary test run, <c>SLOW_READERS=1000 SLOW_SECONDS=10</c> for the figures in
/// docs/performance.md.
/// </summary>
public sealed class SlowDownloadTests(S3Fixture s3, ITestOutputHelper output) : IDisposable
{
    private const int ASecond = 1024;

    // The gateway at work, whoever reads; and for each reader its connection, with S3 two. For a thousand that is less than 100 MB.
    private const long Base = 60_000_000;
    private const long PerReader = 40_000;

    private readonly DirectoryInfo _folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"cg-{Guid.CreateVersion7():N}"));

    private static int Readers => Number("SLOW_READERS") ?? 100;

    private static int Seconds => Number("SLOW_SECONDS") ?? 3;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public Task From_the_disk_they_cost_little_memory() => Measure(new Dictionary<string, string> { ["STORAGE_LOCAL_PATH"] = Path.Combine(_folder.FullName, "outputs") });

    [Fact]
    public async Task Through_from_s3_they_cost_little_memory() => await Measure(await s3.NewBucket());

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task Measure(Dictionary<string, string> settings)
    {
        await using var simulator = await SimulatorServer.Start(new SimulatorOptions { Port = 0, StepTime = TimeSpan.FromMilliseconds(2) }, Ct);
        (settings["COMFYUI_URL"], settings["RATE_LIMIT_MAX"], settings["MAX_IMAGE_SIZE"]) = (simulator.BaseUrl.ToString(), "1000000", "4096");
        await using var gateway = await GatewayProgram.Start(_folder.FullName, FreePort.Take(), settings);
        var url = await Picture(gateway);
        // The first of its kind loads code; that is not the readers' doing.
        var size = (await gateway.Client.GetByteArrayAsync(url, Ct)).Length;
        size.ShouldBeGreaterThan((Seconds + 1) * ASecond * 4, "else a reader would have it all at once");
        var before = Resident(gateway.ProcessId);

        var most = before;
        var readers = await Task.WhenAll(Enumerable.Range(0, Readers).Select(_ => SlowReader.Open(gateway.Url, url)));
        using var clock = new PeriodicTimer(TimeSpan.FromSeconds(1));
        for (var second = 0; second < Seconds && await clock.WaitForNextTickAsync(Ct); second++)
        {
            await Task.WhenAll(readers.Select(r => r.Read(ASecond)));
            most = Math.Max(most, Resident(gateway.ProcessId));
        }

        Array.ForEach(readers, r => r.Dispose());
        output.WriteLine($"{Readers} readers of {size / 1024} KiB, {Seconds} s: resident {before / 1024 / 1024} MiB before, {most / 1024 / 1024} MiB at most");
        (await gateway.Client.GetByteArrayAsync(url, Ct)).Length.ShouldBe(size);
        (most - before).ShouldBeLessThan(Base + (Readers * PerReader));
    }

    private static async Task<string> Picture(GatewayProgram gateway)
    {
        var jobId = await gateway.Submit(new { workflowId = "icon_512", inputs = new { prompt = "x", width = 4096, height = 4096, steps = 1 } });
        var job = await gateway.Get($"/jobs/{jobId}?wait=60");
        return job.GetProperty("outputs")[0].GetProperty("url").GetString()!;
    }

    private static long Resident(int processId) => long.Parse(
        File.ReadLines($"/proc/{processId}/status").First(l => l.StartsWith("VmRSS", StringComparison.Ordinal)).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) * 1024;

    private static int? Number(string name) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A connection that takes what it asked for bit by bit.</summary>
    private sealed class SlowReader : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4 * ASecond };

        public static async Task<SlowReader> Open(Uri gateway, string path)
        {
            var reader = new SlowReader();
            await reader._socket.ConnectAsync(IPAddress.Loopback, gateway.Port, Ct);
            await reader._socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: x\r\nX-API-Key: {TestGateway.AdminKey}\r\n\r\n"), Ct);
            var status = new byte[12];
            await reader._socket.ReceiveAsync(status, Ct);
            Encoding.ASCII.GetString(status).ShouldBe("HTTP/1.1 200");
            return reader;
        }

        public async Task Read(int count) => (await _socket.ReceiveAsync(new byte[count], Ct)).ShouldBeGreaterThan(0);

        public void Dispose() => _socket.Dispose();
    }
}
