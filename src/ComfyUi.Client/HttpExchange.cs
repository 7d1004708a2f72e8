using System.Net;
using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>One request and its answer, with every way to fail turned into a <see cref="ComfyUiException"/>.</summary>
/// <param name="patience">How long an exchange may take without getting on; null for the client's Timeout.</param>
internal sealed class HttpExchange(HttpClient http, TimeSpan? patience)
{
    private TimeSpan Patience => patience ?? http.Timeout;

    public Task<T> Get<T>(string path, Func<JsonElement, T> read, CancellationToken ct, params SieveRule[] rules) =>
        Exchange(HttpMethod.Get, path, _ => null, (response, token) => ReadSuccess(response, read, rules, token), ct);

    public Task<T> Post<T>(string path, HttpContent body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct) =>
        Post(path, _ => body, read, ct);

    /// <param name="body">Made with what it calls after each piece that was written: patience begins anew then.</param>
    public Task<T> Post<T>(string path, Func<Action, HttpContent> body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct) =>
        Exchange(HttpMethod.Post, path, body, read, ct);

    /// <summary>For the posts that answer 200 and nothing.</summary>
    public Task Post(string path, HttpContent body, CancellationToken ct) =>
        Exchange(HttpMethod.Post, path, _ => body, (response, _) => Task.FromResult(ThrowUnlessSuccess(response)), ct);

    public static async Task<T> ReadSuccess<T>(
        HttpResponseMessage response, Func<JsonElement, T> read, SieveRule[] rules, CancellationToken ct)
    {
        ThrowUnlessSuccess(response);
        return await ReadJson(response, read, rules, ct);
    }

    public static async Task<T> ReadJson<T>(
        HttpResponseMessage response, Func<JsonElement, T> read, SieveRule[] rules, CancellationToken ct)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(ct);
        using var document = await JsonAnswer.Read(stream, rules, ct);
        return read(document.RootElement);
    }

    public static ComfyUiException Unexpected(HttpResponseMessage response)
    {
        var request = response.RequestMessage;
        var message = $"ComfyUI answered {(int)response.StatusCode} to {request?.Method} {request?.RequestUri?.AbsolutePath}.";
        return new ComfyUiException(ComfyUiFailure.UnexpectedStatus, message, (int)response.StatusCode);
    }

    /// <summary>Leaves the body to be read by the caller, who also disposes the response.</summary>
    public async Task<ViewedFile> Open(string path, CancellationToken ct)
    {
        HttpResponseMessage? response = null;
        using var limit = Limit(ct);
        try
        {
            response = await http.GetAsync(Resolve(path), HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (response.StatusCode == HttpStatusCode.NotFound)
            {
                throw new ComfyUiException(ComfyUiFailure.NotFound, "ComfyUI has no such file.", (int)response.StatusCode);
            }

            ThrowUnlessSuccess(response);
            return new ViewedFile(response, await response.Content.ReadAsStreamAsync(ct));
        }
        catch (Exception e)
        {
            response?.Dispose();
            if (Translate(e, ct) is { } failure)
            {
                throw failure;
            }

            throw;
        }
    }

    private async Task<T> Exchange<T>(
        HttpMethod method, string path, Func<Action, HttpContent?> body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        // The time limit of HttpClient ends with the headers; a frozen server can stop in the middle of the body.
        using var limit = Limit(ct);
        try
        {
            using var request = new HttpRequestMessage(method, Resolve(path)) { Content = body(() => limit.CancelAfter(Patience)) };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await read(response, limit.Token);
        }
        catch (Exception e) when (Translate(e, ct) is { } failure)
        {
            throw failure;
        }
    }

    private CancellationTokenSource Limit(CancellationToken ct)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(Patience);
        return limit;
    }

    private Uri Resolve(string path) =>
        new(http.BaseAddress ?? throw new InvalidOperationException("The HttpClient has no BaseAddress."), path);

    private static HttpResponseMessage ThrowUnlessSuccess(HttpResponseMessage response) =>
        response.IsSuccessStatusCode ? response : throw Unexpected(response);

    private static ComfyUiException? Translate(Exception e, CancellationToken ct) => e switch
    {
        OperationCanceledException when ct.IsCancellationRequested => null,
        OperationCanceledException => new(ComfyUiFailure.Timeout, "ComfyUI did not answer in time.", null, e),
        HttpRequestException http => new(ComfyUiFailure.Unreachable, $"ComfyUI cannot be reached: {http.Message}", null, e)
        {
            NotSent = http.HttpRequestError is HttpRequestError.ConnectionError
                or HttpRequestError.NameResolutionError
                or HttpRequestError.SecureConnectionError,
        },
        IOException => new(ComfyUiFailure.Unreachable, "The connection to ComfyUI broke.", null, e),
        _ when JsonAnswer.IsUnreadable(e) => new(ComfyUiFailure.UnreadableAnswer, "ComfyUI's answer is not readable.", null, e),
        _ => null,
    };
}
