using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads GET /history/{id}.</summary>
internal static class HistoryAnswer
{
    /// <summary>The prompt itself, up to 100 MB, comes back with every answer, as an element of what was queued; of that only the output nodes are kept.</summary>
    public static readonly SieveRule[] Rules =
        [SieveRule.Elements(depth: 3, fromIndex: 0, toIndex: 3), SieveRule.Elements(depth: 3, fromIndex: 5), .. ExecutionErrorReading.Rules(depth: 6)];

    public static HistoryEntry? Read(JsonElement root, string promptId)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("The answer is not a history.");
        }

        return root.Member(promptId) is { ValueKind: JsonValueKind.Object } entry ? Entry(promptId, entry) : null;
    }

    private static HistoryEntry Entry(string promptId, JsonElement entry)
    {
        var outputs = entry.Member("outputs").Members().ToList();
        var messages = Messages(entry);
        var end = messages.LastOrDefault(m => m.Type is "execution_success" or "execution_error" or "execution_interrupted");
        var start = messages.FirstOrDefault(m => m.Type == "execution_start");
        return new HistoryEntry(
            promptId,
            Outcome(entry, end.Type),
            [.. outputs.SelectMany(node => NodeOutputs.Files(node.Name, node.Value))],
            [.. outputs.SelectMany(node => NodeOutputs.Texts(node.Name, node.Value))],
            end.Type == "execution_error" ? ExecutionErrorReading.Read(end.Data) : null,
            messages.LastOrDefault(m => m.Type == "execution_cached").Data.Member("nodes").Texts(),
            start.Data.Moment("timestamp"),
            end.Data.Moment("timestamp"))
        {
            OutputNodes = entry.Member("prompt")?.Element(4).Texts() ?? [],
        };
    }

    private static List<(string? Type, JsonElement Data)> Messages(JsonElement entry) =>
        [.. entry.Member("status")?.Member("messages").Items().Select(m => (m.Element(0)?.AsText(), m.Element(1) ?? default)) ?? []];

    // Errors and interrupts share a status; only the last message tells them apart.
    private static PromptOutcome Outcome(JsonElement entry, string? end) => end switch
    {
        "execution_success" => PromptOutcome.Succeeded,
        "execution_error" => PromptOutcome.Failed,
        "execution_interrupted" => PromptOutcome.Interrupted,
        _ when entry.Member("status")?.Text("status_str") == "success" => PromptOutcome.Succeeded,
        _ => PromptOutcome.Failed,
    };
}
