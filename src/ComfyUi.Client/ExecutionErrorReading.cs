using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads the data of an execution_error, which is the same in history and on the socket.</summary>
internal static class ExecutionErrorReading
{
    public static ExecutionError Read(JsonElement data) => new(
        data.Member("node_id")?.AsId(),
        data.Text("node_type"),
        data.Text("exception_type") ?? "",
        (data.Text("exception_message") ?? "").TrimEnd());

    /// <summary>Tensor dumps, stack frames and paths: large, and nobody's business.</summary>
    public static SieveRule[] Rules(int depth) =>
    [
        SieveRule.Member(depth, "current_inputs"),
        SieveRule.Member(depth, "current_outputs"),
        SieveRule.Member(depth, "traceback"),
    ];
}
