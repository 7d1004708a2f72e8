using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client.Sockets;

/// <summary>Reads text frames: {"type": ..., "data": {...}}.</summary>
internal static class TextFrame
{
    private static readonly SieveRule[] Rules = ExecutionErrorReading.Rules(depth: 2);

    public static SocketMessage Read(ReadOnlySpan<byte> frame)
    {
        try
        {
            using var document = JsonAnswer.Parse(frame, Rules);
            var type = document.RootElement.Text("type") ?? "";
            var data = document.RootElement.Member("data") ?? default;
            return Known(type, data) ?? new SocketMessage.Unknown(type);
        }
        catch (Exception e) when (JsonAnswer.IsUnreadable(e))
        {
            return new SocketMessage.Unknown("unreadable");
        }
    }

    private static SocketMessage? Known(string type, JsonElement data)
    {
        if (type == "status")
        {
            return data.Member("status")?.Member("exec_info")?.Integer("queue_remaining") is { } remaining
                ? new SocketMessage.Status((int)Math.Clamp(remaining, 0, int.MaxValue))
                : null;
        }

        var promptId = data.Member("prompt_id")?.AsId();
        return type == "executing" ? Executing(promptId, data) : promptId is null ? null : OfPrompt(type, promptId, data);
    }

    // {"node": "2"} comes without prompt after a reconnect; {"node": null} ends a prompt, and means nothing without one.
    private static SocketMessage.Executing? Executing(string? promptId, JsonElement data)
    {
        if (data.Member("node") is not { } node)
        {
            return null;
        }

        var nodeId = node.AsId();
        return promptId is null && nodeId is null ? null : new SocketMessage.Executing(promptId, nodeId);
    }

    private static SocketMessage? OfPrompt(string type, string promptId, JsonElement data) => type switch
    {
        "execution_start" => new SocketMessage.ExecutionStart(promptId, data.Moment("timestamp")),
        "execution_cached" => new SocketMessage.ExecutionCached(promptId, data.Member("nodes").Texts()),
        "progress" => Progress(promptId, data),
        "progress_state" => new SocketMessage.ProgressState(promptId, [.. data.Member("nodes").Members().Select(Node)]),
        "executed" => Executed(promptId, data),
        "execution_success" => new SocketMessage.ExecutionSuccess(promptId, data.Moment("timestamp")),
        "execution_error" => new SocketMessage.ExecutionError(promptId, ExecutionErrorReading.Read(data)),
        "execution_interrupted" => new SocketMessage.ExecutionInterrupted(
            promptId, data.Member("node_id")?.AsId(), data.Text("node_type")),
        _ => null,
    };

    private static SocketMessage.Progress Progress(string promptId, JsonElement data) => new(
        promptId,
        data.Member("node")?.AsId() ?? "",
        data.Member("value")?.AsNumber() ?? 0,
        data.Member("max")?.AsNumber() ?? 0);

    private static NodeProgress Node(JsonProperty node) => new(
        node.Name,
        node.Value.Member("value")?.AsNumber() ?? 0,
        node.Value.Member("max")?.AsNumber() ?? 0,
        node.Value.Text("state") ?? "");

    private static SocketMessage.Executed? Executed(string promptId, JsonElement data)
    {
        var output = data.Member("output");
        return data.Member("node")?.AsId() is { } node
            ? new SocketMessage.Executed(promptId, node, [.. NodeOutputs.Files(node, output)], [.. NodeOutputs.Texts(node, output)])
            : null;
    }
}
