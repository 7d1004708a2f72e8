using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>The real program as a process of its own, to be killed for real.</summary>
internal sealed class GatewayProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ProgramProcess _process;

    private GatewayProgram(ProgramProcess process, Uri url)
    {
        (_process, Url) = (process, url);
        Client = new HttpClient { BaseAddress = url };
        Client.DefaultRequestHeaders.Add("X-API-Key", TestGateway.AdminKey);
    }

    public Uri Url { get; }

    public HttpClient Client { get; }

    public int ProcessId => _process.Id;

    /// <summary>What it has printed so far.</summary>
    public string Output => _process.Output;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Starts <c>comfy-gateway run</c> in <paramref name="folder"/> and waits until it is ready.</summary>
    public static async Task<GatewayProgram> Start(string folder, int port, IReadOnlyDictionary<string, string> settings)
    {
        var program = Launch(folder, port, settings);
        await program.UntilReady();
        return program;
    }

    /// <summary>Starts it and does not wait.</summary>
    public static GatewayProgram Launch(string folder, int port, IReadOnlyDictionary<string, string> settings)
    {
        var environment = new Dictionary<string, string>
        {
            ["PORT"] = port.ToString(CultureInfo.InvariantCulture),
            ["HOST"] = "127.0.0.1",
            ["API_KEYS"] = $"{TestGateway.AdminKey}:admin",
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
        };
        foreach (var (name, value) in settings)
        {
            environment[name] = value;
        }

        return new GatewayProgram(ProgramProcess.Launch(folder, ["run"], environment), new Uri($"http://127.0.0.1:{port}"));
    }

    public Task UntilReady() => Eventually.Holds(IsReady, Patience, () => Output);

    public async Task<Guid> Submit(object body)
    {
        using var response = await Client.PostAsJsonAsync("/jobs", body, Ct);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(Ct);
        ((int)response.StatusCode).ShouldBe(202, answer.GetRawText());
        return answer.GetProperty("jobId").GetGuid();
    }

    public Task<JsonElement> Get(string path) => Client.GetFromJsonAsync<JsonElement>(path, Ct)!;

    /// <summary>SIGKILL.</summary>
    public Task Kill() => _process.Kill();

    /// <summary>SIGTERM; returns the exit code.</summary>
    public Task<int> Terminate() => _process.Terminate();

    public Task<int> Exit() => _process.Exit();

    /// <summary>SIGSTOP: it stands still, and its connections stay open.</summary>
    public Task Freeze() => _process.Freeze();

    /// <summary>SIGCONT.</summary>
    public Task Thaw() => _process.Thaw();

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        Client.Dispose();
    }

    private async Task<bool> IsReady()
    {
        _process.HasExited.ShouldBeFalse(Output);
        try
        {
            using var response = await Client.GetAsync("/health/ready", Ct);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
