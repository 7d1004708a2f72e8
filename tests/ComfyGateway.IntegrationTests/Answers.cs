using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace ComfyGateway.IntegrationTests;

/// <summary>Requests as they are written, and what must be true of their answers.</summary>
internal static class Answers
{
    private static readonly string[] ProblemMembers =
        ["type", "title", "status", "detail", "instance", "code", "error", "message", "retryable", "correlationId"];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Posts a body letter by letter.</summary>
    /// <param name="asksFirst">Sends the body only once the server wants it, since one that does not want it may close the connection.</param>
    public static Task<HttpResponseMessage> PostText(
        this HttpClient client, string path, string body, string? contentType = "application/json", bool asksFirst = false)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.ExpectContinue = asksFirst ? true : null;
        return client.SendAsync(request, Ct);
    }

    /// <summary>The body of an answer that must have this status.</summary>
    public static async Task<JsonElement> ShouldBe(this Task<HttpResponseMessage> request, int status)
    {
        using var response = await request;
        var text = await response.Content.ReadAsStringAsync(Ct);
        ((int)response.StatusCode).ShouldBe(status, text);
        return JsonElement.Parse(text);
    }

    /// <summary>The body of an error; every error has the same shape.</summary>
    public static async Task<JsonElement> ShouldFail(this Task<HttpResponseMessage> request, int status, string code)
    {
        using var response = await request;
        var text = await response.Content.ReadAsStringAsync(Ct);
        ((int)response.StatusCode).ShouldBe(status, text);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");

        var problem = JsonElement.Parse(text);
        ProblemMembers.Except(problem.EnumerateObject().Select(m => m.Name)).ShouldBeEmpty(text);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("code").GetString().ShouldBe(code);
        problem.GetProperty("error").GetString().ShouldBe(code);
        problem.GetProperty("type").GetString().ShouldBe($"https://comfygateway.dev/errors/{code.ToLowerInvariant().Replace('_', '-')}");
        problem.GetProperty("message").GetString().ShouldBe(problem.GetProperty("detail").GetString());
        problem.GetProperty("instance").GetString().ShouldBe(response.RequestMessage!.RequestUri!.AbsolutePath);
        problem.GetProperty("retryable").GetBoolean().ShouldBe(status is 429 or >= 500);
        problem.GetProperty("correlationId").GetString().ShouldBe(response.Headers.GetValues("X-Correlation-Id").Single());
        text.ShouldNotContain("   at ");
        return problem;
    }

    /// <summary>The members that a refused request names.</summary>
    public static string[] Members(this JsonElement problem) =>
        problem.TryGetProperty("errors", out var errors) ? [.. errors.EnumerateObject().Select(e => e.Name)] : [];

    public static Task<HttpResponseMessage> Send(this HttpClient client, string method, string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return client.SendAsync(request, Ct);
    }

    public static Task<JsonElement> Json(this HttpClient client, string path) => client.GetFromJsonAsync<JsonElement>(path, Ct);
}
