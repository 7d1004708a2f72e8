namespace ComfyUi.Simulator;

/// <summary>How a simulated ComfyUI server is set up. The defaults are those of a freshly installed server.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The TCP port; 0 takes a free one, which <see cref="SimulatorServer.BaseUrl"/> then names.</summary>
    public int Port { get; init; } = 8188;

    /// <summary>The address to listen on, or a host name that stands for one.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>How long a sampler takes for one step.</summary>
    public TimeSpan StepTime { get; init; } = TimeSpan.FromMilliseconds(30);

    /// <summary>How long loading a checkpoint takes. One checkpoint is kept loaded, so alternating between two loads each time.</summary>
    public TimeSpan CheckpointLoadTime { get; init; } = TimeSpan.Zero;

    /// <summary>How long after <c>execution_success</c> (or the error) a finished prompt appears in the history.</summary>
    public TimeSpan HistoryLag { get; init; } = TimeSpan.FromMilliseconds(1);

    /// <summary>The model files per folder (<c>checkpoints</c>, <c>loras</c> ...) that the loaders and /models offer.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Models { get; init; } = ModelFolders.Default;

    /// <summary>
    /// Where the folders <c>input</c>, <c>output</c> and <c>temp</c> are kept. Without it a fresh temporary folder is made,
    /// and removed when the server stops.
    /// </summary>
    public string? DataPath { get; init; }

    /// <summary>Whether samplers send preview pictures over the WebSocket.</summary>
    public bool PreviewFrames { get; init; } = true;

    /// <summary>Whether prompts are checked against the node list. If not, unknown nodes are accepted and pass on what they get.</summary>
    public bool ValidateNodes { get; init; } = true;

    /// <summary>The value of ComfyUI's --enable-cors-header: replaces the check of the Origin header with CORS headers.</summary>
    public string? EnableCorsHeader { get; init; }

    /// <summary>A file that gets a line for each prompt received, started and finished, at once: it outlives a killed server.</summary>
    public string? JournalPath { get; init; }

    /// <summary>Faults to start with.</summary>
    public FaultOrders? Faults { get; init; }
}
