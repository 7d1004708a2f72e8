using ComfyUi.Simulator.Images;
using ComfyUi.Simulator.Python;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>How the frames of a recording can be compared with those of a replay.</summary>
internal enum Comparison
{
    /// <summary>All frames in their order.</summary>
    Exact,

    /// <summary>Several prompts are posted while others run: status frames fall where they may, the others keep their order.</summary>
    StatusFloats,

    /// <summary>A socket comes in the middle of a run: which step it meets depends on the clock.</summary>
    StepsFloat,
}

/// <summary>Replays a WebSocket recording, and the HTTP recordings that were made right after it, against a fresh simulator.</summary>
internal static class SocketConformance
{
    public static async Task Replay(string name, Comparison comparison, string[] after, Action<SimulatorServer, int>? beforeRequest = null)
    {
        var recording = Recording.Read(name);
        await using var comfy = await Simulated.Start(HttpConformanceTests.AsRecorded);
        HttpConformanceTests.PutFiles(comfy.Server.DataPath);
        var primed = await Prime(comfy, recording);
        await using var replay = new SocketReplay(comfy.Server, recording, primed)
        {
            BeforeRequest = i => beforeRequest?.Invoke(comfy.Server, i),
        };

        await replay.Run();

        foreach (var (line, expected, actual) in replay.Answers)
        {
            replay.Http.Compare($"{name} {line}", expected, actual);
        }

        var toExpect = new Normal(SocketReplay.FirstNumber(recording));
        var toGet = new Normal(primed);
        foreach (var socket in replay.SocketNames)
        {
            var (expected, actual) = await replay.Seen(socket);
            Compare($"{name} {socket}", comparison, [.. expected.Select(f => Text(toExpect, f))], [.. actual.Select(f => Text(toGet, f))]);
        }

        foreach (var http in after)
        {
            await replay.Http.Replay(http);
        }
    }

    /// <summary>Where the real server had the first image in its cache from the recording before, it is put there first.</summary>
    private static async Task<int> Prime(Simulated comfy, PyDict recording)
    {
        var isWarm = ((PyList)recording["frames"]!).Cast<PyDict>()
            .Select(e => e.Find("data") as string)
            .FirstOrDefault(d => d?.Contains("execution_cached", StringComparison.Ordinal) == true)
            ?.Contains("[\"1\"]", StringComparison.Ordinal) == true || recording["note"] is string note && note.Contains("WITHOUT client_id", StringComparison.Ordinal)
            || recording.Dict("handshakes").ContainsKey("late");
        if (isWarm)
        {
            await comfy.Run(Prompts.Simple(color: 255, prefix: "prime"));
        }

        return isWarm ? 1 : 0;
    }

    private static string Text(Normal normal, PyDict frame) => PyJson.Write(normal.Document(frame));

    private static void Compare(string name, Comparison comparison, List<string> expected, List<string> actual)
    {
        if (comparison != Comparison.Exact)
        {
            actual.Where(IsStatus).ToHashSet().ShouldBe(expected.Where(IsStatus).ToHashSet(), ignoreOrder: true, name);
            expected.RemoveAll(IsStatus);
            actual.RemoveAll(IsStatus);
        }

        if (comparison == Comparison.StepsFloat)
        {
            expected.RemoveAll(IsStep);
            actual.RemoveAll(IsStep);
        }

        string.Join('\n', actual).ShouldBe(string.Join('\n', expected), name);
    }

    private static bool IsStatus(string frame) => frame.Contains("\"type\": \"status\"", StringComparison.Ordinal);

    private static bool IsStep(string frame) => frame.Contains("\"type\": \"progress", StringComparison.Ordinal);
}
