using ComfyGateway.Dispatch.Backends;
using ComfyGateway.Platform.Settings;
using ComfyUi.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace ComfyGateway.Tests.Dispatch;

/// <summary>A backend at an address where nobody is, for what never asks it.</summary>
internal sealed class AbsentBackend : IDisposable
{
    private static readonly Uri Nowhere = new("http://127.0.0.1:1");

    private readonly HttpClient _http = new() { BaseAddress = Nowhere };

    public AbsentBackend() => Backend = new Backend(
        new BackendAddress("first", Nowhere), 1, new ComfyUiClient(_http),
        _ => new ComfyUiSocket(Nowhere, new ComfyUiSocketOptions(), TimeProvider.System, NullLogger<ComfyUiSocket>.Instance), TimeProvider.System, NullLoggerFactory.Instance);

    public Backend Backend { get; }

    public void Dispose()
    {
        Backend.Dispose();
        _http.Dispose();
    }
}
