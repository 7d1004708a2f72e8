using System.Text.RegularExpressions;
using ComfyGateway.Jobs;
using ComfyGateway.Outputs.Contracts;
using ComfyGateway.Workflows.Contracts;
using ComfyUi.Client;

namespace ComfyGateway.Dispatch.Runs;

/// <summary>What became of a prompt that did not succeed, as an error of the job.</summary>
internal static partial class RunFailure
{
    public const string OutOfMemory = "COMFYUI_OOM";

    private const string SeeAfterComfyUi = "Check that this ComfyUI runs and can be reached, then send the job again.";

    public static JobError OfExecution(ExecutionError? error) => error switch
    {
        { IsOutOfMemory: true } => new(OutOfMemory, FirstLine(error.Message), false, "Reduce width, height, batch_size or steps.", error.NodeId, error.NodeType, 0),
        { } => new("COMFYUI_NODE_ERROR", $"{error.ExceptionType}: {FirstLine(error.Message)}", false, "Check the workflow and its inputs at this node.", error.NodeId, error.NodeType, 0),
        _ => new("COMFYUI_NODE_ERROR", "ComfyUI reported a failure without saying which.", false, "Look into ComfyUI's own log.", null, null, 0),
    };

    public static JobError OfRefusal(PromptSubmission.Refused refused) =>
        OfNodes(refused.NodeErrors) ?? new("COMFYUI_NODE_ERROR", $"ComfyUI refused the prompt: {Sentence(refused.Message, refused.Details)}", false, "Check the workflow.", null, null, 0);

    /// <summary>The error of a prompt of which some nodes are not valid, or null where none is named.</summary>
    public static JobError? OfNodes(IReadOnlyList<NodeErrors> nodes)
    {
        if (nodes.Count == 0)
        {
            return null;
        }

        var first = nodes.FirstOrDefault(n => n.Errors.Count > 0) ?? nodes[0];
        var reasons = nodes.SelectMany(n => n.Errors.Select(e => $"node {n.NodeId} ({n.ClassType}): {Sentence(e.Message, e.Details)}"));
        return new("COMFYUI_NODE_ERROR", $"ComfyUI refused the prompt: {string.Join("; ", reasons)}", false, "Check the workflow and its inputs at this node.", first.NodeId, first.ClassType, 0);
    }

    /// <summary>The error of a prompt of which ComfyUI left out some outputs, where its answer that says why is lost.</summary>
    public static JobError OfLeftOut(IReadOnlyList<(string Id, string Type)> nodes)
    {
        var outputs = string.Join(", ", nodes.Select(n => $"node {n.Id} ({n.Type})"));
        return new(
            "COMFYUI_NODE_ERROR", $"ComfyUI refused a part of the prompt, and its answer that says why was lost. Not valid: {outputs}, or what leads there.", false,
            "Check the workflow and its inputs at this node and those before it.", nodes[0].Id, nodes[0].Type, 0);
    }

    public static JobError Interrupted() =>
        new("COMFYUI_NODE_ERROR", "The prompt was interrupted on ComfyUI by somebody else.", false, "Send the job again.", null, null, 0);

    public static JobError TimedOut(int timeoutMs) =>
        new("COMFYUI_TIMEOUT", $"The job ran longer than {timeoutMs} ms.", false, "Raise timeoutMs or COMFYUI_TIMEOUT_MS.", null, null, 0);

    public static JobError Lost(string backend) =>
        new("COMFYUI_UNREACHABLE", $"ComfyUI {backend} lost the prompt: it is neither in its queue nor in its history.", true, SeeAfterComfyUi, null, null, 0);

    public static JobError Away(string backend) =>
        new("COMFYUI_UNREACHABLE", $"The connection to ComfyUI {backend} was lost during the job.", true, SeeAfterComfyUi, null, null, 0);

    public static JobError Removed(string backend) =>
        new("COMFYUI_UNREACHABLE", $"The backend {backend} was removed from the settings during the job.", true, SeeAfterComfyUi, null, null, 0);

    public static JobError Deaf(string backend) =>
        new("COMFYUI_UNREACHABLE", $"ComfyUI {backend} does not let go of the prompt.", true, SeeAfterComfyUi, null, null, 0);

    public static JobError Dead(string backend) =>
        new("COMFYUI_UNREACHABLE", $"ComfyUI {backend} took the prompt and does not execute it.", true, SeeAfterComfyUi, null, null, 0);

    public static JobError NotStored(Exception reason) => reason switch
    {
        StoreFullException => NotStored(reason.Message, "Ask the operator to free disk space or to set OUTPUT_RETENTION_DAYS, then send the job again."),
        // Its message names a folder of the host.
        UnauthorizedAccessException => NotStored("The output folder may not be written to.", "Ask the operator to check who owns STORAGE_LOCAL_PATH."),
        _ => NotStored(FirstLine(reason.Message), "Send the job again; where that does not help, ask the operator to look into the log of the gateway and of ComfyUI."),
    };

    private static JobError NotStored(string reason, string recommendation) =>
        new("OUTPUT_STORE_FAILED", $"The outputs could not be fetched or stored: {reason}", true, recommendation, null, null, 0);

    public static JobError NobodyHas(IReadOnlyDictionary<string, IReadOnlyList<MissingNeed>> lacking)
    {
        var first = lacking.Values.First()[0];
        var reasons = lacking.Select(l => $"{l.Key}: {string.Join("; ", l.Value.Select(m => m.Message))}.");
        return new(
            "COMFYUI_NODE_ERROR", $"No ComfyUI has what the workflow needs. {string.Join(" ", reasons)}", false,
            "Install what is missing on a backend, or change the workflow.", first.NodeId, first.NodeType, 0);
    }

    public static JobError Internal() =>
        new("INTERNAL_ERROR", "The gateway failed on this job; the correlation id finds it in the log.", true, "Send the job again.", null, null, 0);

    public static JobError CannotRender(string reason) =>
        new("COMFYUI_NODE_ERROR", $"The workflow cannot be rendered: {reason}", false, "Check the workflow.", null, null, 0);

    // ComfyUI appends tips to its messages, after a line break; and what Python says of files names their folders, which are nobody's business.
    // U+0000, of a header that could not be read, is what PostgreSQL does not keep.
    private static string FirstLine(string message) => Folders().Replace(message.Split('\n', 2)[0].Replace("\0", "", StringComparison.Ordinal).Trim(), "");

    private static string Sentence(string message, string details) =>
        details.Length == 0 || details == message ? FirstLine(message) : $"{FirstLine(message)}: {FirstLine(details)}";

    // From the root on, up to the name of the file. Between quotes there may be blanks.
    [GeneratedRegex("""(?<=['"<])(?:[A-Za-z]:)?[\\/]+(?:[^\\/'"<>|:*?]+[\\/]+)+|(?<![\w:/\\.])(?:[A-Za-z]:)?[\\/]+(?:[^\\/'"<>|:*?\s]+[\\/]+)+""")]
    private static partial Regex Folders();
}
