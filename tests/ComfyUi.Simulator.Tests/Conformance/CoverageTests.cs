using System.Reflection;

namespace ComfyUi.Simulator.Tests.Conformance;

/// <summary>No recording is left out without a reason.</summary>
public sealed class CoverageTests
{
    private static readonly Dictionary<string, string> Excluded = new()
    {
        ["022"] = "the page of the front end, which the simulator does not have",
        ["285"] = "Kestrel sends no interim answer when the body is there already",
        ["334"] = "the uploaded bytes were not kept; BehaviourTests does the same with its own",
        ["346"] = "a broken checkpoint file: the simulator has no checkpoint files that could break",
        ["356"] = "the end of the process: FaultTests",
        ["355"] = "the same",
    };

    /// <summary>Recorded too, but not copied here, since nothing could be replayed: timings, processes and huge bodies.</summary>
    public static IReadOnlyDictionary<string, string> NotCopied { get; } = new Dictionary<string, string>
    {
        ["270"] = "timings",
        ["280-284"] = "bodies of 50 to 101 MB that the recorder did not keep; BehaviourTests tests the 413",
        ["290, 291"] = "75 seconds of silence",
        ["300"] = "depends on buffer sizes; BehaviourTests has the stalled client",
        ["305-311"] = "signals to the process; FaultTests has their likes",
        ["340-342"] = "two servers with the files of another day",
    };

    private static readonly string[] HttpRanges =
    [
        "001-024", "030-044", "050-094", "164-165", "200-225", "230-250", "260-262", "286-288", "330-330", "343-343", "350-354", "251-251",
    ];

    /// <summary>HTTP exchanges that are also in the WebSocket recording they were made during, and are compared there.</summary>
    private static readonly string[] InsideOfSockets =
        ["109-112", "115-118", "130-135", "139-139", "141-141", "148-150", "153-153", "156-159", "313-317", "319-320"];

    [Fact]
    public void Every_recording_is_replayed_or_excluded_for_a_reason()
    {
        var replayed = typeof(CoverageTests).Assembly.GetTypes()
            .SelectMany(t => t.GetMethods())
            .SelectMany(m => m.GetCustomAttributes<InlineDataAttribute>())
            .SelectMany(d => d.Data).SelectMany(d => d is string[] many ? many : [d as string ?? ""])
            .Append("331").Append("332").Append("333").ToHashSet();

        var left = Directory.GetFiles(Recording.Folder).Select(f => Path.GetFileName(f)[..3]).Distinct()
            .Where(n => !replayed.Contains(n) && !HttpRanges.Concat(InsideOfSockets).Any(r => IsIn(r, n)));

        left.ShouldBe(Excluded.Keys, ignoreOrder: true);
    }

    private static bool IsIn(string range, string name) =>
        string.CompareOrdinal(name, range[..3]) >= 0 && string.CompareOrdinal(name, range[4..]) <= 0 && !Excluded.ContainsKey(name);
}
