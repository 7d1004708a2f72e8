using System.Text;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests;

/// <summary>A running simulator and the few requests that most tests make of it.</summary>
internal sealed class Simulated : IAsyncDisposable
{
    private Simulated(SimulatorServer server)
    {
        Server = server;
        Http = new HttpClient { BaseAddress = server.BaseUrl, Timeout = TimeSpan.FromSeconds(60) };
    }

    public SimulatorServer Server { get; }

    public HttpClient Http { get; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<Simulated> Start(SimulatorOptions? options = null) =>
        new(await SimulatorServer.Start((options ?? new SimulatorOptions { StepTime = TimeSpan.FromMilliseconds(1) }) with { Port = 0 }, Ct));

    public async Task<(int Status, string Body)> Get(string path)
    {
        using var response = await Http.GetAsync(new Uri(path, UriKind.Relative), Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }

    public async Task<byte[]> Bytes(string path) => await Http.GetByteArrayAsync(new Uri(path, UriKind.Relative), Ct);

    public async Task<(int Status, string Body)> Post(string path, string body)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await Http.PostAsync(new Uri(path, UriKind.Relative), content, Ct);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Ct));
    }

    /// <summary>Runs a prompt to its end and gives its history entry.</summary>
    public async Task<PyDict> Run(string prompt, string? id = null)
    {
        id ??= Guid.CreateVersion7().ToString();
        var (status, body) = await Post("/prompt", $$"""{"prompt_id": "{{id}}", "prompt": {{prompt}}}""");
        status.ShouldBe(200, body);
        return await Ended(id);
    }

    public async Task<PyDict> Ended(string id) => await Eventually.Get(async () =>
        ((PyDict)PyJson.Parse((await Get($"/history/{id}")).Body)!).Find(id) as PyDict);

    /// <summary>The pictures of a finished prompt, in the order of its outputs.</summary>
    public async Task<List<byte[]>> Pictures(PyDict history)
    {
        var pictures = new List<byte[]>();
        foreach (var file in history.Dict("outputs").Values.OfType<PyDict>()
            .SelectMany(o => (PyList)o["images"]!).Cast<PyDict>())
        {
            pictures.Add(await Bytes($"/view?filename={file["filename"]}&subfolder={file["subfolder"]}&type={file["type"]}"));
        }

        return pictures;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Server.DisposeAsync();
    }
}
