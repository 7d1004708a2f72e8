using System.Text.Json;
using ComfyGateway.Platform.Json;
using Microsoft.AspNetCore.Http;

namespace ComfyGateway.Platform.Http;

/// <summary>
/// An answer in JSON that is sent in one piece, with its length. The framework's own is sent in chunks, the last and empty one by itself: two
/// calls of the system and two packets for an answer of a few hundred bytes.
/// </summary>
public sealed class WholeJson<T>(T value, int statusCode, string? location = null) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        ArgumentNullException.ThrowIfNull(httpContext);
        var response = httpContext.Response;
        var body = JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options);
        response.StatusCode = statusCode;
        response.ContentType = "application/json; charset=utf-8";
        response.ContentLength = body.Length;
        if (location is not null)
        {
            response.Headers.Location = location;
        }

        return response.Body.WriteAsync(body, httpContext.RequestAborted).AsTask();
    }
}
