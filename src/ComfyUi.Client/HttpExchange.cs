using System.Net;
using System.Text.Json;
using ComfyUi.Client.Json;

namespace ComfyUi.Client;

/// <summary>One request and its answer, with every way to fail turned into a <see cref="ComfyUiException"/>.</summary>
internal sealed class HttpExchange(HttpClient http)
{
    public Task<T> Get<T>(string path, Func<JsonElement, T> read, CancellationToken ct, params SieveRule[] rules) =>
        Exchange(HttpMethod.Get, path, null, (response, token) => ReadSuccess(response, read, rules, token), ct);

    public Task<T> Post<T>(string path, HttpContent body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct) =>
        Exchange(HttpMethod.Post, path, body, read, ct);

    /// <summary>For the posts that answer 200 and nothing.</summary>
    public Task Post(string path, HttpContent body, CancellationToken ct) =>
        Exchange(HttpMethod.Post, path, body, (response, _) => Task.FromResult(ThrowUnlessSuccess(response)), ct);

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
        try
        {
            response = await http.GetAsync(Resolve(path), HttpCompletionOption.ResponseHeadersRead, ct);
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
        HttpMethod method, string path, HttpContent? body, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken ct)
    {
        // The time limit of HttpClient ends with the headers; a frozen server can stop in the middle of the body.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(http.Timeout);
        try
        {
            using var request = new HttpRequestMessage(method, Resolve(path)) { Content = body };
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            return await read(response, limit.Token);
        }
        catch (Exception e) when (Translate(e, ct) is { } failure)
        {
            throw failure;
        }
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
