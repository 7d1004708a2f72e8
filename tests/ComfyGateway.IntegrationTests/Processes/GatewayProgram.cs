using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>The real program as a process of its own, to be killed for real.</summary>
internal sealed class GatewayProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly StringBuilder _output;

    private GatewayProgram(Process process, StringBuilder output, Uri url)
    {
        (_process, _output, Url) = (process, output, url);
        Client = new HttpClient { BaseAddress = url };
        Client.DefaultRequestHeaders.Add("X-API-Key", TestGateway.AdminKey);
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public int ProcessId => _process.Id;

    /// <summary>What it has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Starts <c>comfy-gateway run</c> in <paramref name="folder"/> and waits until it is ready.</summary>
    public static async Task<GatewayProgram> Start(string folder, int port, IReadOnlyDictionary<string, string> settings)
    {
        var program = Launch(folder, port, settings);
        await Eventually.Holds(program.IsReady, Patience, () => program.Output);
        return program;
    }

    /// <summary>Starts it and does not wait.</summary>
    public static GatewayProgram Launch(string folder, int port, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "comfy-gateway.dll"), "run"])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        (start.Environment["PORT"], start.Environment["HOST"]) = (port.ToString(System.Globalization.CultureInfo.InvariantCulture), "127.0.0.1");
        start.Environment["API_KEYS"] = $"{TestGateway.AdminKey}:admin";
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment.Remove("DATABASE_URL");
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        var output = new StringBuilder();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Append(output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(output, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new GatewayProgram(process, output, new Uri($"http://127.0.0.1:{port}"));
    }

    public async Task<Guid> Submit(object body)
    {
        using var response = await Client.PostAsJsonAsync("/jobs", body, TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        ((int)response.StatusCode).ShouldBe(202, answer.GetRawText());
        return answer.GetProperty("jobId").GetGuid();
    }

    public Task<JsonElement> Get(string path) => Client.GetFromJsonAsync<JsonElement>(path, TestContext.Current.CancellationToken)!;

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>SIGTERM; returns the exit code.</summary>
    public async Task<int> Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async Task<int> Exit()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await Terminate();
        }

        Client.Dispose();
        _process.Dispose();
    }

    private async Task<bool> IsReady()
    {
        _process.HasExited.ShouldBeFalse(Output);
        try
        {
            using var response = await Client.GetAsync("/health/ready", TestContext.Current.CancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static void Append(StringBuilder output, string? line)
    {
        lock (output)
        {
            output.AppendLine(line);
        }
    }
}
