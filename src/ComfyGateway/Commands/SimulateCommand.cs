using System.CommandLine;
using ComfyUi.Simulator;

namespace ComfyGateway.Commands;

internal static class SimulateCommand
{
    private static readonly SimulatorOptions Defaults = new();

    private static readonly Option<int> Port = new("--port") { Description = "Where to listen; 0 takes a free port.", DefaultValueFactory = _ => Defaults.Port };
    private static readonly Option<string> Host = new("--host") { Description = "Which address to listen on.", DefaultValueFactory = _ => Defaults.Host };
    private static readonly Option<int> Step = new("--step-ms") { Description = "Time of a sampler's step, in milliseconds.", DefaultValueFactory = _ => (int)Defaults.StepTime.TotalMilliseconds };
    private static readonly Option<int> Load = new("--load-ms") { Description = "Time to load a checkpoint that is not the loaded one, in milliseconds.", DefaultValueFactory = _ => (int)Defaults.CheckpointLoadTime.TotalMilliseconds };
    private static readonly Option<string[]> Checkpoint = new("--checkpoint") { Description = "A checkpoint to list; may be repeated. Default: the usual ones." };
    private static readonly Option<DirectoryInfo?> Data = new("--data") { Description = "Folder for input, output and temp. Default: a temporary one, removed at the end." };
    private static readonly Option<FileInfo?> Journal = new("--journal") { Description = "File that gets a line for each prompt received, started and finished." };
    private static readonly Option<bool> NoPreviews = new("--no-previews") { Description = "Send no preview pictures." };

    public static Command Create()
    {
        var command = new Command("simulate", "Run the ComfyUI simulator alone: a stand-in server that makes real images without a GPU.")
        {
            Port, Host, Step, Load, Checkpoint, Data, Journal, NoPreviews,
        };
        command.SetAction(Run);
        return command;
    }

    private static Task<int> Run(ParseResult arguments, CancellationToken ct) => CommandErrors.Guard(async () =>
    {
        var checkpoints = arguments.GetValue(Checkpoint) is { Length: > 0 } given ? given : null;
        await using var simulator = await SimulatorServer.Start(
            Defaults with
            {
                Port = arguments.GetValue(Port),
                Host = arguments.GetRequiredValue(Host),
                StepTime = TimeSpan.FromMilliseconds(arguments.GetValue(Step)),
                CheckpointLoadTime = TimeSpan.FromMilliseconds(arguments.GetValue(Load)),
                DataPath = arguments.GetValue(Data)?.FullName,
                JournalPath = arguments.GetValue(Journal)?.FullName,
                PreviewFrames = !arguments.GetValue(NoPreviews),
                Models = checkpoints is null ? Defaults.Models : new Dictionary<string, IReadOnlyList<string>>(Defaults.Models) { ["checkpoints"] = checkpoints },
            },
            ct);
        await Console.Out.WriteLineAsync($"The ComfyUI simulator answers at {simulator.BaseUrl}");
        await simulator.WaitForStop(ct);
        return 0;
    });
}
