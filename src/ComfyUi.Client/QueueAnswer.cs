using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads GET /queue: [number, prompt id, prompt, extra data, output nodes, and what newer versions add].</summary>
internal static class QueueAnswer
{
    // The prompt, what comes after the output nodes, and the workflow that ComfyUI's own page puts into the extra data.
    public static readonly SieveRule[] Rules = [SieveRule.Element(depth: 3, index: 2), SieveRule.Elements(depth: 3, fromIndex: 5), SieveRule.Member(depth: 4, "extra_pnginfo")];

    public static QueueSnapshot Read(JsonElement root)
    {
        if (root.Member("queue_running") is null || root.Member("queue_pending") is null)
        {
            throw new JsonException("The answer is not a queue.");
        }

        // The server lists its heap as it lies in memory.
        var pending = Prompts(root, "queue_pending").OrderBy(p => p.Number).ThenBy(p => p.PromptId, StringComparer.Ordinal);
        return new QueueSnapshot([.. Prompts(root, "queue_running")], [.. pending]);
    }

    private static IEnumerable<QueuedPrompt> Prompts(JsonElement root, string name) =>
        from item in root.Member(name).Items()
        let id = item.Element(1)?.AsId()
        where id is not null
        select new QueuedPrompt(id, item.Element(0)?.AsNumber() ?? double.NaN, item.Element(3)?.Text("client_id")) { OutputNodes = item.Element(4).Texts() };
}
