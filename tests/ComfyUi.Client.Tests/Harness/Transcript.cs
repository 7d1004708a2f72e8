using System.Globalization;

namespace ComfyUi.Client.Tests.Harness;

/// <summary>Writes messages in the notation of expected/*.txt, which was made from the recordings without the client.</summary>
internal static class Transcript
{
    public static string Of(SocketMessage message) => message switch
    {
        SocketMessage.Status m => $"status {m.QueueRemaining}",
        SocketMessage.ExecutionStart m => $"start {m.PromptId} {m.Timestamp?.ToUnixTimeMilliseconds()}",
        SocketMessage.ExecutionCached m => $"cached {m.PromptId} {string.Join(',', m.Nodes)}",
        SocketMessage.Executing m => $"executing {m.PromptId ?? "-"} {m.Node ?? "end"}",
        SocketMessage.Progress m => $"progress {m.PromptId} {m.Node} {Number(m.Value)}/{Number(m.Max)}",
        SocketMessage.ProgressState m => $"state {m.PromptId} {string.Join(", ", m.Nodes.Select(Node))}",
        SocketMessage.Executed m => $"executed {m.PromptId} {m.Node} {string.Join(", ", m.Files.Select(File))}",
        SocketMessage.ExecutionSuccess m => $"success {m.PromptId} {m.Timestamp?.ToUnixTimeMilliseconds()}",
        SocketMessage.ExecutionError m => $"error {m.PromptId} {Error(m.Error)}",
        SocketMessage.ExecutionInterrupted m => $"interrupted {m.PromptId} {m.Node} {m.NodeType}",
        SocketMessage.Preview m => $"preview {m.PromptId ?? "-"} {m.Node ?? "-"} {m.ContentType} {m.Image.Length}",
        SocketMessage.Unknown m => $"unknown {m.Type}",
        _ => message.ToString()!,
    };

    private static string Node(NodeProgress node) => $"{node.Node}={Number(node.Value)}/{Number(node.Max)} {node.State}";

    private static string File(OutputFile file) => $"{file.Key}:{file.Type}:{file.Subfolder}:{file.Filename}";

    private static string Error(ExecutionError error) =>
        $"{error.NodeId} {error.NodeType} {error.ExceptionType}{(error.IsOutOfMemory ? " oom" : "")} {error.Message.Split('\n')[0]}";

    private static string Number(double number) => number.ToString("G6", CultureInfo.InvariantCulture);
}
