using System.Net;
using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>Reads the answer to POST /prompt.</summary>
internal static class PromptAnswer
{
    public static Task<PromptSubmission> Read(HttpResponseMessage response, CancellationToken ct) => response switch
    {
        { IsSuccessStatusCode: true } => HttpExchange.ReadJson(response, Accepted, [], ct),
        { StatusCode: HttpStatusCode.BadRequest } => ReadRefusal(response, ct),
        _ => throw HttpExchange.Unexpected(response),
    };

    private static async Task<PromptSubmission> ReadRefusal(HttpResponseMessage response, CancellationToken ct)
    {
        try
        {
            return await HttpExchange.ReadJson(response, Refused, [], ct);
        }
        catch (Exception e) when (JsonAnswer.IsUnreadable(e))
        {
            // Not ComfyUI's own refusal, perhaps a proxy's.
            throw HttpExchange.Unexpected(response);
        }
    }

    private static PromptSubmission Accepted(JsonElement root)
    {
        var id = root.Member("prompt_id")?.AsId() ?? throw new JsonException("The answer names no prompt_id.");
        return new PromptSubmission.Accepted(id, root.Member("number")?.AsNumber() ?? double.NaN, Errors(root));
    }

    private static PromptSubmission Refused(JsonElement root)
    {
        var error = root.Member("error") ?? throw new JsonException("The refusal gives no error.");
        return new PromptSubmission.Refused(
            error.Text("type") ?? "",
            // Older servers answer a plain text.
            error.Text("message") ?? error.AsText() ?? "",
            error.Text("details") ?? "",
            Errors(root));
    }

    // An object by node id; absent or an empty list when there is nothing to say.
    private static IReadOnlyList<NodeErrors> Errors(JsonElement root) =>
        [.. root.Member("node_errors").Members().Select(node => new NodeErrors(
            node.Name,
            node.Value.Text("class_type") ?? "",
            [.. node.Value.Member("errors").Items().Select(Error)]))];

    private static NodeInputError Error(JsonElement error) => new(
        error.Text("type") ?? "",
        error.Text("message") ?? "",
        error.Text("details") ?? "",
        error.Member("extra_info")?.Text("input_name"));
}
