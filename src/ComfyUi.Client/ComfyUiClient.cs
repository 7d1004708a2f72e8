using System.Net;
using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>
/// The HTTP API of one ComfyUI server. Every method throws <see cref="ComfyUiException"/> when it has no usable answer, and
/// <see cref="OperationCanceledException"/> only for the caller's token. Nothing is retried.
/// </summary>
/// <param name="http">
/// Its BaseAddress is the server's URL and ends in a slash; see <see cref="Configure"/>. Its Timeout limits each whole exchange, except
/// for the content of <see cref="View"/>. No Origin or Referer may be among its default headers: the server refuses them.
/// </param>
/// <param name="patience">
/// Limits each exchange in the place of that Timeout, but begins anew with every piece of a file that <see cref="Upload"/> could write: a long
/// one may take its time, as long as it gets on. Make the Timeout infinite then, which would still limit the whole.
/// </param>
public sealed class ComfyUiClient(HttpClient http, TimeSpan? patience = null)
{
    private readonly HttpExchange _exchange = new(http, patience);

    /// <summary>Sets the base address, and Basic authentication if the URL holds credentials.</summary>
    public static void Configure(HttpClient http, Uri url)
    {
        var address = ServerAddress.Of(url);
        http.BaseAddress = address.Base;
        http.DefaultRequestHeaders.Authorization = address.Authorization;
    }

    /// <summary>Queues a prompt. Frames about it can arrive on the socket before this returns.</summary>
    /// <exception cref="ComfyUiException">The prompt may be queued all the same, unless NotSent is set.</exception>
    public Task<PromptSubmission> Submit(PromptRequest request, CancellationToken ct) =>
        _exchange.Post("prompt", PromptBody.Of(request), PromptAnswer.Read, ct);

    /// <summary>Ids and numbers of all queued prompts, those of other clients included.</summary>
    public Task<QueueSnapshot> GetQueue(CancellationToken ct) =>
        _exchange.Get("queue", QueueAnswer.Read, ct, QueueAnswer.Rules);

    /// <summary>Removes pending prompts. The answer does not tell whether any was there; a removed prompt leaves no trace.</summary>
    public Task DeleteFromQueue(IReadOnlyCollection<string> promptIds, CancellationToken ct) =>
        promptIds.Count == 0 ? Task.CompletedTask : _exchange.Post("queue", JsonBody.OfIds("delete", promptIds), ct);

    /// <summary>Asks the server to stop the prompt if it runs now. It can be lost or come too late: watch how the prompt ends.</summary>
    public Task Interrupt(string promptId, CancellationToken ct)
    {
        // Without an id the server interrupts whatever runs, whoever's it is.
        ArgumentException.ThrowIfNullOrEmpty(promptId);
        return _exchange.Post("interrupt", JsonBody.Of(json => json.WriteString("prompt_id", promptId)), ct);
    }

    /// <summary>Frees memory when the server is next idle.</summary>
    /// <param name="unloadModels">Drop models from device memory.</param>
    /// <param name="freeMemory">Also drop the cache of node results.</param>
    /// <param name="ct">Stops waiting for the answer.</param>
    public Task Free(bool unloadModels, bool freeMemory, CancellationToken ct) =>
        _exchange.Post(
            "free",
            JsonBody.Of(json =>
            {
                json.WriteBoolean("unload_models", unloadModels);
                json.WriteBoolean("free_memory", freeMemory);
            }),
            ct);

    /// <summary>How a prompt ended, or null while it is unknown, pending or running, and for a moment after execution_success.</summary>
    public Task<HistoryEntry?> GetHistory(string promptId, CancellationToken ct) =>
        _exchange.Get($"history/{Route.Segment(promptId)}", root => HistoryAnswer.Read(root, promptId), ct, HistoryAnswer.Rules);

    /// <summary>Forgets finished prompts. The answer does not tell whether any was there.</summary>
    public Task DeleteHistory(IReadOnlyCollection<string> promptIds, CancellationToken ct) =>
        promptIds.Count == 0 ? Task.CompletedTask : _exchange.Post("history", JsonBody.OfIds("delete", promptIds), ct);

    /// <summary>Opens a file as it is stored. Dispose the result.</summary>
    /// <exception cref="ComfyUiException">NotFound if there is no such file; a cached run can name one that was deleted since.</exception>
    public Task<ViewedFile> View(OutputFile file, CancellationToken ct) => _exchange.Open(Route.View(file), ct);

    /// <summary>Stores a file. The stream stays open and the caller's. How long this may take as a whole is up to the client's patience.</summary>
    /// <param name="content">Read once, from where it stands. The server takes up to 100 MiB by default.</param>
    /// <param name="filename">Name without folder.</param>
    /// <param name="subfolder">Folder below that of the type.</param>
    /// <param name="type">input, temp or output.</param>
    /// <param name="overwrite">Replace a file of that name instead of choosing another name.</param>
    /// <param name="ct">Stops the upload.</param>
    public Task<UploadedFile> Upload(
        Stream content, string filename, string? subfolder, string type, bool overwrite, CancellationToken ct) =>
        _exchange.Post(
            "upload/image",
            wrote => UploadBody.Of(content, filename, subfolder, type, overwrite, wrote),
            (response, token) => HttpExchange.ReadSuccess(response, ReadUpload, [], token),
            ct);

    /// <summary>All node classes: hundreds of kilobytes up to some megabytes.</summary>
    public Task<ObjectInfo> GetObjectInfo(CancellationToken ct) => _exchange.Get("object_info", ObjectInfoAnswer.Read, ct);

    /// <summary>The kinds of models, such as checkpoints and loras.</summary>
    public Task<IReadOnlyList<string>> GetModelFolders(CancellationToken ct) => _exchange.Get("models", ReadNames, ct);

    /// <summary>The models of a kind; empty for a kind that the server does not know.</summary>
    public async Task<IReadOnlyList<string>> GetModels(string folder, CancellationToken ct)
    {
        try
        {
            return await _exchange.Get($"models/{Route.Segment(folder)}", ReadNames, ct);
        }
        catch (ComfyUiException e) when (e.Status == (int)HttpStatusCode.NotFound)
        {
            return [];
        }
    }

    /// <summary>Version, memory and devices. An answer does not prove that the server still executes prompts.</summary>
    public Task<SystemStats> GetSystemStats(CancellationToken ct) => _exchange.Get("system_stats", SystemStatsAnswer.Read, ct);

    private static UploadedFile ReadUpload(JsonElement root) => new(
        root.Text("name") ?? throw new JsonException("The answer names no file."),
        root.Text("subfolder") ?? "",
        root.Text("type") ?? "input");

    private static IReadOnlyList<string> ReadNames(JsonElement root) =>
        root.ValueKind == JsonValueKind.Array ? root.Texts() : throw new JsonException("The answer is not a list.");
}
