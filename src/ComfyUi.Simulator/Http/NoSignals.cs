using Microsoft.Extensions.Hosting;

namespace ComfyUi.Simulator.Http;

/// <summary>Leaves SIGTERM and Ctrl-C to the program that the simulator runs in.</summary>
internal sealed class NoSignals : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
