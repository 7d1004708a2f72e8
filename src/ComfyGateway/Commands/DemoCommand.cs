using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using ComfyGateway.Platform.Postgres;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using ComfyUi.Simulator;

namespace ComfyGateway.Commands;

internal static class DemoCommand
{
    private const string Prompt = "a lighthouse on a cliff at dusk, long exposure, 35 mm photograph";

    private static readonly TimeSpan ProbePatience = TimeSpan.FromSeconds(2);

    public static Command Create()
    {
        var command = new Command("demo", "Serve on 127.0.0.1 with everything embedded, and the ComfyUI simulator where no ComfyUI answers; run one job, show where its image is.");
        command.SetAction((_, ct) => CommandErrors.Guard(() => Run(ct)));
        return command;
    }

    private static async Task<int> Run(CancellationToken ct)
    {
        var given = GivenSettings.Read(GatewayEnvironment.Development);
        given = given with
        {
            Host = Environment.GetEnvironmentVariable("HOST") is { Length: > 0 } host ? host : "127.0.0.1",
            // The job is shown as it goes; a line for each request would bury it.
            LogLevel = Environment.GetEnvironmentVariable("LOG_LEVEL") is { Length: > 0 } ? given.LogLevel : GatewayLogLevel.Warn,
        };

        await using var simulator = await Answers(given, ct) ? null : await SimulatorServer.Start(new SimulatorOptions { Port = 0 }, ct);
        var settings = simulator is null ? given : given with { ComfyUiUrls = [new BackendAddress("simulator", simulator.BaseUrl)] };
        await Console.Out.WriteLineAsync(simulator is null
            ? $"ComfyUI answers at {settings.ComfyUiUrls[0].Url.Masked()}"
            : $"No ComfyUI answers at {given.ComfyUiUrls[0].Url.Masked()}: the simulator stands in at {simulator.BaseUrl}");

        (var gateway, settings) = await StartWhereItCan(settings, ct);
        await using var running = gateway;
        var url = new UriBuilder(gateway.Url) { Host = given.Host is "0.0.0.0" or "::" ? "127.0.0.1" : given.Host }.Uri;
        var failed = await RunJob(settings, url, ct);
        await Console.Out.WriteLineAsync($"\nComfyGateway serves at {url.ToString().TrimEnd('/')} (Ctrl+C ends it)");
        await gateway.Serve(ct);
        return failed;
    }

    /// <summary>
    /// A checkout in root's own home is closed to the user that PostgreSQL then runs as. Who runs the gateway for real decides where
    /// its data lives; a demo just goes on elsewhere.
    /// </summary>
    private static async Task<(Gateway Gateway, GatewaySettings Settings)> StartWhereItCan(GatewaySettings settings, CancellationToken ct)
    {
        try
        {
            return (await Gateway.Start(settings, ct), settings);
        }
        catch (DataFolderClosedException closed)
        {
            var open = Path.Combine(Path.GetTempPath(), "comfy-gateway-demo");
            await Console.Out.WriteLineAsync($"{closed.Message}\nThe demo keeps its data in {open} instead.");
            var moved = settings with { DataPath = open, StorageLocalPath = Path.Combine(open, "outputs") };
            return (await Gateway.Start(moved, ct), moved);
        }
    }

    private static async Task<bool> Answers(GatewaySettings settings, CancellationToken ct)
    {
        using var http = new HttpClient { Timeout = ProbePatience };
        ComfyUiClient.Configure(http, settings.ComfyUiUrls[0].Url);
        try
        {
            await new ComfyUiClient(http).GetQueue(ct);
            return true;
        }
        catch (ComfyUiException)
        {
            return false;
        }
    }

    private static async Task<int> RunJob(GatewaySettings settings, Uri url, CancellationToken ct)
    {
        using var client = GatewayCalls.Client(url, settings.ApiKeys.Count > 0 ? settings.ApiKeys[0].Key : null);
        var body = new { workflowId = "sdxl_realism_v1", inputs = new { prompt = Prompt, seed = 42 } };
        var accepted = await GatewayCalls.Read(client.PostAsJsonAsync("/jobs", body, ct), ct);
        var pollUrl = accepted.GetProperty("pollUrl").GetString()!;
        await Console.Out.WriteLineAsync($"\nPOST /jobs: \"{Prompt}\"");

        for (var shown = -1; ;)
        {
            var job = await GatewayCalls.Read(client.GetAsync(pollUrl, ct), ct);
            var status = job.GetProperty("status").GetString();
            var progress = job.GetProperty("progress").GetInt32();
            if (progress / 10 != shown || status is "succeeded" or "failed")
            {
                shown = progress / 10;
                await Console.Out.WriteLineAsync($"  {status,-9} {progress,3} %");
            }

            switch (status)
            {
                case "succeeded":
                    await Show(settings, job, url);
                    return 0;
                case "failed":
                    await Console.Error.WriteLineAsync($"  {job.GetProperty("error").GetProperty("message").GetString()}");
                    return CommandErrors.Failed;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
        }
    }

    private static async Task Show(GatewaySettings settings, JsonElement job, Uri url)
    {
        foreach (var output in job.GetProperty("outputs").EnumerateArray())
        {
            var path = Path.GetFullPath(Path.Combine(settings.StorageLocalPath, output.GetProperty("storagePath").GetString()!));
            await Console.Out.WriteLineAsync($"\nImage: {path}\n       {new Uri(url, output.GetProperty("url").GetString())}");
        }
    }
}
