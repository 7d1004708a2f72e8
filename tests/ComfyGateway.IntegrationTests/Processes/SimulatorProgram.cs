using System.Globalization;

namespace ComfyGateway.IntegrationTests.Processes;

/// <summary>The simulator as a process of its own, to be killed for real. What it did is in its journal, whatever becomes of it.</summary>
internal sealed class SimulatorProgram : IAsyncDisposable
{
    private readonly ProgramProcess _process;

    private SimulatorProgram(ProgramProcess process, string journal) => (_process, Journal) = (process, journal);

    public string Journal { get; }

    /// <summary>When it was about to be killed, if it was.</summary>
    public DateTimeOffset? KilledAt { get; private set; }

    /// <summary>Starts it on its files in <paramref name="folder"/>, with a journal of its own, and waits until it answers.</summary>
    public static async Task<SimulatorProgram> Start(string folder, int port)
    {
        Directory.CreateDirectory(folder);
        var journal = Path.Combine(folder, $"journal-{Guid.CreateVersion7():N}");
        string[] arguments = ["simulate", "--port", port.ToString(CultureInfo.InvariantCulture), "--data", folder, "--journal", journal, "--no-previews"];
        var simulator = new SimulatorProgram(ProgramProcess.Launch(folder, arguments), journal);
        await Eventually.Holds(simulator.Answers, otherwise: () => simulator._process.Output);
        return simulator;
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        KilledAt = TimeProvider.System.GetUtcNow();
        await _process.Kill();
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();

    private Task<bool> Answers()
    {
        _process.HasExited.ShouldBeFalse(_process.Output);
        return Task.FromResult(_process.Output.Contains("answers at", StringComparison.Ordinal));
    }
}
